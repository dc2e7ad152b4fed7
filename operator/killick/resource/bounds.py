"""Make texts short enough for the CRD, and printable, before they are written.

Much of a status repeats what others wrote: names of commit authors, tags of the
registry, answers of pods. The API server refuses a status that breaks the CRD's
schema, and an object whose status is refused makes no progress. So every text of that
kind is bounded here, in one place, by its field's name. Values that are compared later
(versions, values in Git, IDs) are bounded where they are read instead.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from typing import Any, Final, TypeVar

from killick.resource.codec import to_dict
from killick.resource.status import MESSAGE_LIMIT, SIZE_LIMIT, Status

T = TypeVar("T")
COUNT_LIMIT: Final = 2**31 - 1  # the CRD's integers are int32
TOKEN_LIMIT: Final = 200
KINDS_LIMIT: Final = 8
LIMITS: Final = {
    "reason": 60,
    "verdict": 20,
    "outcome": 40,
    "top_columns": 300,
    "report": 300,
}
SHRINK: Final = (MESSAGE_LIMIT, 400, 200, 100, 40)


def printable(text: str) -> str:
    """Return the text without what JSON, Git or a terminal cannot hold or show."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " for c in text)


def clip(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """Return at most `limit` printable characters, the cut marked with an ellipsis."""
    text = printable(text[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def count(value: int | None) -> int | None:
    """Return a count that the CRD's integers can hold."""
    return None if value is None else max(0, min(value, COUNT_LIMIT))


def is_sha256(text: str) -> bool:
    """Return whether the text is a SHA-256 digest in lower-case hex digits."""
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


def token_of(text: str) -> str:
    """Return a request's token; the digest of one that is long or not printable."""
    if len(text) <= TOKEN_LIMIT and text.isprintable():
        return text
    return f"sha256:{hashlib.sha256(text.encode(errors='replace')).hexdigest()}"


def bounded(status: Status) -> Status:
    """Return the status with every free text within the CRD's bounds.

    Messages are cut further, all alike, until the whole fits into `SIZE_LIMIT` bytes.
    """
    for limit in SHRINK:
        status = _clipped(status, limit)
        if _size(status) <= SIZE_LIMIT:
            break
    return status


def _size(status: Status) -> int:
    return len(json.dumps(to_dict(status), ensure_ascii=False).encode())


def _clipped(value: T, limit: int) -> T:
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    changed = {}
    for field in dataclasses.fields(value):
        before = getattr(value, field.name)
        after = _field(field.name, before, limit)
        if after is not before:
            changed[field.name] = after
    return dataclasses.replace(value, **changed) if changed else value


def _field(name: str, value: Any, limit: int) -> Any:
    if isinstance(value, str):
        bound = limit if name == "message" else LIMITS.get(name)
        return clip(value, bound) if bound else value
    if isinstance(value, tuple):
        items = tuple(_clipped(item, limit) for item in value)
        same = all(a is b for a, b in zip(items, value, strict=True))
        return value if same else items
    return _clipped(value, limit)
