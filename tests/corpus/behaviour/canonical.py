"""Values as canonical JSON: what is recorded and what is replayed look alike.

Floats have twelve significant digits, dataclasses are objects by field name, and a
string that holds a JSON object is that object, so that a renamed key is seen as one.
"""

from __future__ import annotations

import dataclasses
import json
import lzma
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

DIGITS = 12
"""Significant digits of a float: far below what any verdict depends on."""


def plain(value: Any) -> Any:
    """Return the value as JSON holds it."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | int | float):
        return _number(value) if isinstance(value, float) else value
    if isinstance(value, str | bytes | datetime | timedelta):
        return _text(value.decode() if isinstance(value, bytes) else str(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _number(value: float) -> float | str:
    if not math.isfinite(value):
        return str(value)
    return float(f"{value:.{DIGITS}g}")


def _text(text: str) -> Any:
    if text.startswith("{") and text.endswith("}"):
        try:
            return plain(json.loads(text))
        except ValueError:
            return text
    return text


def without(value: Any, place: str, name: str) -> Any:
    """Return the value with `name` wherever a string has `place`, as a folder."""
    if isinstance(value, str):
        return value.replace(place, name)
    if isinstance(value, dict):
        return {key: without(item, place, name) for key, item in value.items()}
    if isinstance(value, list):
        return [without(item, place, name) for item in value]
    return value


def dump(results: Mapping[str, Any], file: Path) -> None:
    """Write the results, one case a line, keys sorted, compressed."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(results[name], sort_keys=True)}"
        for name in results
    ]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    file.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def load(file: Path) -> dict[str, Any]:
    """Return the results that a file holds."""
    found: dict[str, Any] = json.loads(lzma.decompress(file.read_bytes()))
    return found
