"""Which hosts a resource may send the operator to: the administrator's list."""

from __future__ import annotations

from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from killick.errors import KillickError
from killick.reasons import Reason


def check_host(url: str, allowed: tuple[str, ...]) -> None:
    """Raise KillickError unless the URL's host matches a pattern of the list."""
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        host = ""
    if host and any(fnmatchcase(host, pattern.lower()) for pattern in allowed):
        return
    message = (
        f"the host {host!r} is not in the operator's KILLICK_ALLOWED_HOSTS; "
        "ask its administrator"
    )
    raise KillickError(message, Reason.HOST_NOT_ALLOWED)
