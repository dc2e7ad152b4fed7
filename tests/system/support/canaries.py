"""Every secret is a canary: one in a place where it must not be is a leak.

What the secrets are is asked of the API server, so no test can forget to say so: each
value in a Secret of the namespace but names of users. Each is looked for as it is and
as it would stand in an address or in base64.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

NAMES_OF_USERS = ("username", "user")
SHORTEST = 8  # characters; a shorter word would be found by chance
LARGEST = 64 * 2**20  # bytes of a file that is looked through


def canaries(secrets: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return what must not be found, and what each is, from Secret manifests.

    Of an address it is the password that is secret.
    """
    found = {}
    for secret in secrets:
        for key, value in (secret.get("data") or {}).items():
            text = base64.b64decode(value).decode()
            hidden = (urlsplit(text).password or "") if "://" in text else text
            if key not in NAMES_OF_USERS and len(hidden) >= SHORTEST:
                found[hidden] = f"{key} of Secret {secret['metadata']['name']}"
    return found


def leaks(hidden: Mapping[str, str], places: Mapping[str, str | bytes]) -> list[str]:
    """Return which secret stands in which place, in words that do not repeat it."""
    return [
        f"{what} is in {place}"
        for secret, what in hidden.items()
        for place, text in places.items()
        if any(
            spelling in (text.encode() if isinstance(text, str) else text)
            for spelling in spellings(secret)
        )
    ]


def spellings(secret: str) -> Iterator[bytes]:
    """Yield how a secret may be written: plain, quoted, in base64 at any offset."""
    plain = secret.encode()
    yield plain
    yield quote(secret, safe="").encode()
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + plain)
        # What its neighbors would change is left out at both ends.
        yield coded[4 if offset else 0 : len(coded) - 4]


def files(folders: Iterable[Path], pattern: str) -> dict[str, bytes]:
    """Return what the files below some folders hold that match a pattern."""
    return {
        str(path): path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob(pattern))
        if path.is_file() and path.stat().st_size <= LARGEST
    }
