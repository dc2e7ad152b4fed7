"""What may be printed of addresses and texts that hold secrets."""

import re
from urllib.parse import unquote, urlsplit


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
