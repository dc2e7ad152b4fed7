"""How a replayed result differs from the recorded one, in lines for a person.

Digests and uids are compared by identity, not by value: throughout a case a recorded
one stands for one that is replayed. So a renamed field may change every fingerprint,
but not which of them are equal.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.corpus.behaviour.renames import Renames

DIGEST = re.compile(r"\b(?:[0-9a-f]{8,64}|uid-[0-9]+)\b")
SHORTEST = 5
"""Characters of the shortest uid."""
TOLERANCE = 1e-10
"""Relative: another order of the same sum is no other result."""
SMALL = 1e-13
"""Absolute: what is a zero but for rounding."""
SHOWN_CASES, SHOWN_LINES, SHOWN_WIDTH = 10, 8, 300


@dataclass
class Pairs:
    """Which replayed digest stands for which recorded one."""

    forward: dict[str, str] = field(default_factory=dict)
    backward: dict[str, str] = field(default_factory=dict)

    def match(self, old: str, new: str) -> bool:
        """Return whether two strings differ at most in digests that stand in."""
        if old == new and len(old) < SHORTEST:
            return True
        one, other = DIGEST.findall(old), DIGEST.findall(new)
        if len(one) != len(other) or DIGEST.sub("#", old) != DIGEST.sub("#", new):
            return False
        return all(
            self.forward.setdefault(a, b) == b and self.backward.setdefault(b, a) == a
            for a, b in zip(one, other, strict=True)
        )


def differences(
    old: Any, new: Any, pairs: Pairs | None = None, path: str = ""
) -> Iterator[str]:
    """Yield a line for each place at which the two differ."""
    pairs = pairs or Pairs()
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _objects(old, new, pairs, path)
    elif isinstance(old, list) and isinstance(new, list):
        for index, (one, other) in enumerate(zip(old, new, strict=False)):
            yield from differences(one, other, pairs, f"{path}[{index}]")
        if len(old) != len(new):
            longer, side = (old, "recorded") if len(old) > len(new) else (new, "new")
            extra = _shown(longer[min(len(old), len(new))])
            yield f"{path}: {len(new)} items instead of {len(old)}; {side}: {extra}"
    elif not _same(old, new, pairs):
        yield f"{path}:\n      recorded {_shown(old)}\n      replayed {_shown(new)}"


def _objects(
    old: dict[str, Any], new: dict[str, Any], pairs: Pairs, path: str
) -> Iterator[str]:
    for key in sorted({*old, *new}):
        where = f"{path}.{key}" if path else key
        if key not in new:
            yield f"{where}: is gone; recorded {_shown(old[key])}"
        elif key not in old:
            yield f"{where}: is new; replayed {_shown(new[key])}"
        else:
            yield from differences(old[key], new[key], pairs, where)


def _same(old: Any, new: Any, pairs: Pairs) -> bool:
    if isinstance(old, str) and isinstance(new, str):
        return pairs.match(old, new)
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    if isinstance(old, int | float) and isinstance(new, int | float):
        return math.isclose(old, new, rel_tol=TOLERANCE, abs_tol=SMALL)
    return bool(old == new)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_WIDTH else f"{text[:SHOWN_WIDTH]}…"


def compared(
    recorded: Mapping[str, Any], replayed: Mapping[str, Any], renames: Renames
) -> dict[str, list[str]]:
    """Return the cases that differ, each with its lines."""
    found: dict[str, list[str]] = {}
    for name in [*recorded, *(n for n in replayed if n not in recorded)]:
        if name in renames.changed:
            continue
        if name not in recorded or name not in replayed:
            side = "recorded" if name in recorded else "replayed"
            found[name] = [f"there is only a {side} result"]
            continue
        old, new = renames.old(recorded[name]), renames.new(replayed[name])
        if lines := list(differences(old, new)):
            found[name] = lines
    return found


def told(found: Mapping[str, list[str]]) -> str:
    """Return the first differing cases as text."""
    lines = [f"{len(found)} cases differ"]
    for name in list(found)[:SHOWN_CASES]:
        lines.append(f"  {name}")
        lines += [f"    {line}" for line in found[name][:SHOWN_LINES]]
        if more := len(found[name]) - SHOWN_LINES:
            lines += [f"    and {more} more"] if more > 0 else []
    if len(found) > SHOWN_CASES:
        lines.append(f"  and also: {', '.join(list(found)[SHOWN_CASES:])}"[:2000])
    return "\n".join(lines)
