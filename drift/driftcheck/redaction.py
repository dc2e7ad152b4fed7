"""Redacts secrets from addresses and texts before they are printed."""

import re
from urllib.parse import unquote, urlsplit


def without_secrets(text: str, *addresses: str | None) -> str:
    """Return the text with the passwords of the addresses replaced by ***.

    Quoted spellings are replaced as well, and so are the user part of any other address
    and signatures of Azure in the text, because drivers repeat their arguments.
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
    """Return an address without user, password, query and fragment."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "(an address that cannot be parsed)"
    if not parts.scheme:
        return address
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def _secrets(address: str) -> set[str]:
    """Return the passwords in an address, quoted and unquoted."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return {address}
    user = parts.netloc.rpartition("@")[0]
    secrets = {user.partition(":")[2]}
    for part in parts.query.split("&"):
        name, _, value = part.partition("=")
        if "pass" in name:
            secrets.add(value)
    secrets |= {unquote(secret) for secret in secrets}
    return {secret for secret in secrets if secret}
