"""Which addresses, branches and paths Killick will touch at all.

The lists are of what is allowed, never of what is forbidden: libgit2 would also
accept local paths, other schemes and a dozen spellings of one IP address.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from killick.gitops.port import TargetInvalid
from killick.gitops.yaml_parser import EditRefused
from killick.reasons import Reason

_HOST = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    r"(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
)
_URL_PATH = re.compile(r"(/[A-Za-z0-9._~+@-]+)+/?")
_BRANCH = re.compile(r"[A-Za-z0-9_+@#%=][A-Za-z0-9._+@#%=-]*")
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a credential may go: nowhere but this scheme, host and port."""

    scheme: str
    host: str
    port: int


def address_of(url: str) -> Address | None:
    """Scheme, host and port of any URL; None if they cannot be told."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return Address(parts.scheme, parts.hostname, port or _PORTS[parts.scheme])


def check_url(url: str, *, allow_http: bool | None = None) -> Address:
    """The address of a repository's URL; raises TargetInvalid.

    `allow_http`: None allows http only to a loopback host, where nobody listens in.
    """
    if not url.isascii() or not url.isprintable() or "\\" in url or " " in url:
        raise TargetInvalid("the repository's URL holds characters it must not")
    address = address_of(url)
    if address is None:
        raise TargetInvalid("the repository's URL must start with https://HOST/")
    parts = urlsplit(url)
    _check_parts(parts)
    ip = _check_host(address.host)
    loopback = address.host == "localhost" or (ip is not None and ip.is_loopback)
    allowed = loopback if allow_http is None else allow_http
    if address.scheme == "http" and not allowed:
        raise TargetInvalid("http would send the token in the clear; use https")
    return address


def _check_parts(parts: SplitResult) -> None:
    if "@" in parts.netloc:
        raise TargetInvalid(
            "the repository's URL must not hold a user or token; use the Secret"
        )
    if parts.query or parts.fragment:
        raise TargetInvalid("the repository's URL must not have a ? or # part")
    if not _URL_PATH.fullmatch(parts.path) or ".." in parts.path.split("/"):
        raise TargetInvalid("the repository's URL has no proper path")


def _check_host(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address if the host is one; raises TargetInvalid for odd spellings."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    last = host.rpartition(".")[2]
    # A name that ends in a number is an IP address to some resolvers (127.1, 0x7f).
    if not _HOST.fullmatch(host) or re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last):
        raise TargetInvalid("the repository's URL has no proper host name")
    return None


def check_branch(branch: str) -> str:
    """The full reference of a branch; raises TargetInvalid."""
    parts = branch.split("/")
    proper = all(
        _BRANCH.fullmatch(part)
        and ".." not in part
        and not part.endswith((".", ".lock"))
        for part in parts
    )
    if not proper or "@{" in branch or branch == "@" or len(branch) > 200:
        raise TargetInvalid("the branch is not a name that Git allows")
    return f"refs/heads/{branch}"


def check_path(path: str) -> tuple[str, ...]:
    """The steps from the root to the file; raises EditRefused (PathNotAllowed)."""
    parts = tuple(path.split("/"))
    proper = all(
        part not in {"", ".", ".."} and part.lower() != ".git" for part in parts
    )
    if not proper or not path.isprintable() or "\\" in path or len(path) > 1024:
        raise EditRefused(
            Reason.PATH_NOT_ALLOWED,
            "the path must lead from the repository's root to a file, without "
            "empty, . , .. or .git steps",
        )
    return parts
