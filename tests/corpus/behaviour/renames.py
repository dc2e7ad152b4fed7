"""The declared renames between what was recorded and what is replayed.

`renames.json` is all that a rename may change. Applied to the recorded side:

- `keys`: a JSON key, or "parent.key", and its new name;
- `words`: a whole word in any string (a reason, a type's name) and the new one;
- `phrases`: pairs of a regular expression and its replacement, in any string;
- `removed`: JSON keys (or "parent.key") that exist no longer.

Applied to the replayed side: `added`, keys that are new, and `replayed`, pairs like
those of `phrases`, for what a new sentence says and the old one did not.

`changed`: cases whose result changed on purpose, each with the reason; they are not
compared, so a test elsewhere must cover the new result.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("renames.json")
Phrases = list[tuple[str, str]]


@dataclass(frozen=True)
class Renames:
    """What is declared to be called otherwise, or to be new, or to be gone."""

    keys: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    phrases: Phrases = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    replayed: Phrases = field(default_factory=list)
    changed: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path = FILE) -> Renames:
        """Return the table of the file."""
        return cls(**json.loads(file.read_text()))

    def old(self, value: Any) -> Any:
        """Return a recorded value in today's words."""
        return _walk(value, "", (self.keys, self.removed, self._changes(self.phrases)))

    def new(self, value: Any) -> Any:
        """Return a replayed value without what is declared as new."""
        return _walk(value, "", ({}, self.added, _compiled(self.replayed)))

    def _changes(self, phrases: Phrases) -> list[tuple[re.Pattern[str], str]]:
        whole = [(rf"\b{re.escape(old)}\b", new) for old, new in self.words.items()]
        return _compiled([*phrases, *whole])


def _compiled(phrases: Phrases) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(old), new) for old, new in phrases]


def _walk(value: Any, parent: str, how: tuple[Any, Any, Any]) -> Any:
    keys, gone, phrases = how
    if isinstance(value, str):
        for pattern, new in phrases:
            value = pattern.sub(new, value)
        return value
    if isinstance(value, list):
        return [_walk(item, parent, how) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for key, item in value.items():
        path = f"{parent}.{key}"
        if key in gone or path in gone:
            continue
        found[keys.get(path, keys.get(key, key))] = _walk(item, key, how)
    return found
