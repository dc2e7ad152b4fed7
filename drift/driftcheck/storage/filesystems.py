"""The filesystems of addresses, with the credentials that the environment holds.

    s3://bucket/path                       as pyarrow reads it: AWS_ACCESS_KEY_ID, ...
    gs://, gcs://bucket/path               GOOGLE_APPLICATION_CREDENTIALS, or the pod's
                                           identity; STORAGE_EMULATOR_HOST
    abfs://, abfss://, az://container/path, abfss://container@account.dfs.HOST/path
                                           AZURE_STORAGE_CONNECTION_STRING, or
                                           AZURE_STORAGE_ACCOUNT with _KEY or
                                           _SAS_TOKEN, or the pod's identity

The variables are those that Google's and Microsoft's own clients read.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from pyarrow import fs

GOOGLE = ("gs", "gcs")
AZURE = ("az", "abfs", "abfss")
RETRY_SECONDS = 30
"""Seconds for which Google's client retries.

Its default is fifteen minutes, as long as a check's pod may run.
"""

_ABFS = re.compile(r"^az(?=://)")
AZURE_SUFFIX = "core.windows.net"


def filesystem_at(
    uri: str, environment: Mapping[str, str]
) -> tuple[fs.FileSystem, str]:
    """Return the filesystem of an address with a scheme, and the path in it.

    ValueError or an ArrowException is raised if there is none for the address.
    """
    scheme = urlsplit(uri).scheme
    if scheme in AZURE:
        return _azure(uri, environment)
    if scheme in GOOGLE:
        uri = google_address(uri, environment)
    system, path = fs.FileSystem.from_uri(uri)
    return system, path


def google_address(uri: str, environment: Mapping[str, str]) -> str:
    """Return the address with a limit to retries, and with the emulator, if any.

    The emulator never receives credentials.
    """
    parts = urlsplit(uri)
    query = {"retry_limit_seconds": str(RETRY_SECONDS), **dict(parse_qsl(parts.query))}
    place = parts.netloc
    emulator = environment.get("STORAGE_EMULATOR_HOST")
    if emulator and "endpoint_override" not in query:
        scheme, _, host = emulator.rpartition("://")
        query |= {"scheme": scheme or "http", "endpoint_override": host.rstrip("/")}
        place = "anonymous@" + place.rpartition("@")[2]
    return parts._replace(netloc=place, query=urlencode(query)).geturl()


def _azure(uri: str, environment: Mapping[str, str]) -> tuple[fs.FileSystem, str]:
    account, path = azure_place(uri)
    options = azure_options(environment)
    if options and account in (None, options["account_name"]):
        system: fs.FileSystem = fs.AzureFileSystem(**options)
    elif account:
        # The key is another account's: use the address's own, or the pod's identity.
        system, path = fs.FileSystem.from_uri(_ABFS.sub("abfs", uri))
    else:
        raise ValueError(
            "which account? Set AZURE_STORAGE_CONNECTION_STRING or "
            "AZURE_STORAGE_ACCOUNT, or write it: abfss://CONTAINER@ACCOUNT.dfs..."
        )
    path = path.rstrip("/")
    if "/" not in path:
        # Without credentials, the client aborts this process when it looks up a
        # container, but raises when it looks up a path in it. So look up a path first.
        system.get_file_info(f"{path}/-")
    return system, path


def azure_place(uri: str) -> tuple[str | None, str]:
    """Return the account, if the address names one, and the path with its container."""
    parts = urlsplit(uri)
    user, _, host = parts.netloc.rpartition("@")
    if "." in host:
        account, container = host.partition(".")[0], user.partition(":")[0]
    elif user:
        account, container = user.partition(":")[0], host
    else:
        account, container = "", host
    return account or None, f"{container}{unquote(parts.path)}".strip("/")


def azure_options(environment: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the arguments of `AzureFileSystem`; None if no account is declared.

    ValueError is raised for a connection string without an account.
    """
    written = environment.get("AZURE_STORAGE_CONNECTION_STRING")
    if written:
        pairs = (part.partition("=") for part in written.split(";") if part.strip())
        settings = {name.strip().lower(): value.strip() for name, _, value in pairs}
        if not settings.get("accountname"):
            raise ValueError("AZURE_STORAGE_CONNECTION_STRING names no AccountName")
    else:
        settings = {
            "accountname": environment.get("AZURE_STORAGE_ACCOUNT", ""),
            "accountkey": environment.get("AZURE_STORAGE_KEY", ""),
            "sharedaccesssignature": environment.get("AZURE_STORAGE_SAS_TOKEN", ""),
        }
    account = settings.get("accountname")
    if not account:
        return None
    options: dict[str, Any] = {"account_name": account, **_endpoints(account, settings)}
    if settings.get("accountkey"):
        options["account_key"] = settings["accountkey"]
    elif token := settings.get("sharedaccesssignature"):
        options["sas_token"] = "?" + token.removeprefix("?")
    return options


def _endpoints(account: str, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the endpoints: below the account's own host name, or of one given host."""
    endpoint = urlsplit(settings.get("blobendpoint", ""))
    scheme = endpoint.scheme or settings.get("defaultendpointsprotocol") or "https"
    host = endpoint.netloc.removeprefix(account)
    if not endpoint.netloc:
        host = f".blob.{settings.get('endpointsuffix') or AZURE_SUFFIX}"
    return {
        "blob_storage_authority": host,
        "blob_storage_scheme": scheme,
        "dfs_storage_authority": host.replace(".blob.", ".dfs.", 1),
        "dfs_storage_scheme": scheme,
    }
