"""The one exception that ends in an answer: why something could not be judged."""

import re
from urllib.parse import unquote, urlsplit

MESSAGE_LIMIT = 200


class CheckFailure(Exception):
    """A window, or the whole check, cannot be judged; `reason` is CamelCase."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.message = message


# What object stores' clients say before and after they come to the point.
_WRAPPINGS = (
    re.compile(
        r"google::cloud::Status\((?P<kind>\w+): .*(last|error) message (of|was:) "
        r"(?P<cause>.*?)\.? error_info=",
        re.DOTALL,
    ),
    re.compile(r"Azure Error: (?P<kind>\[\w*\]) (?P<cause>.*)", re.DOTALL),
    re.compile(
        r" failed: \w*?(?P<kind>[A-Z][a-z]+Exception|runtime_error)E?: (?P<cause>.*)",
        re.DOTALL,
    ),
)


def one_line(error: BaseException | str) -> str:
    """The first line of an error's text, in a length that fits an answer."""
    text = str(error).strip() or type(error).__name__
    for wrapping in _WRAPPINGS:
        if found := wrapping.search(text):
            text = f"{found['kind']} {found['cause']}"
            break
    return text.splitlines()[0][:MESSAGE_LIMIT]


def without_secrets(text: str, *addresses: str | None) -> str:
    """The text without the passwords that the addresses hold, however spelled.

    Also without the user part of any other address in it and the signatures of Azure's,
    because drivers like to repeat what they were given.
    """
    for secret in sorted(
        {s for address in addresses if address for s in _secrets(address)},
        key=len,
        reverse=True,
    ):
        text = text.replace(secret, "***")
    text = re.sub(r"(?<=://)[^/\s@]*:[^\s@]*@", "***@", text)
    text = re.sub(r"(?i)(\bsig=)[^\s&'\"]+", r"\1***", text)
    return re.sub(r"(?i)(password\s*=\s*)('[^']*'|[^\s&]+)", r"\1***", text)


def shown_address(address: str) -> str:
    """An address as it may be printed: without user, password, query and fragment."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "(an address that cannot be parsed)"
    if not parts.scheme:
        return address
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def _secrets(address: str) -> set[str]:
    try:
        parts = urlsplit(address)
    except ValueError:
        return {address}
    user = parts.netloc.rpartition("@")[0]
    found = {user.partition(":")[2]}
    for part in parts.query.split("&"):
        name, _, value = part.partition("=")
        if "pass" in name:
            found.add(value)
    found |= {unquote(secret) for secret in found}
    return {secret for secret in found if secret}
