"""The contract's documents as they were recorded: with nulls, and nothing derived.

Answers had one-letter keys, which `renames.json` declares, and left out what follows
from other fields: the end of a window as long as the most, a share, the metric that all
share. Today they have it all, so it is left out here where it follows, and compared
where it does not. Requests wrote null and empty lists.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

NULLS: dict[str, dict[str, Any]] = {
    "reference": {"sha256": None},
    "log": {"filters": [], "labelColumn": None, "predictionColumn": None, "uri": None},
    "windows": {"judgedThrough": None},
}
DEFAULTS: tuple[tuple[str, Any], ...] = (
    ("message", ""),
    ("borderline", False),
    ("truncated", False),
)


def as_recorded(value: Any) -> Any:
    """Return a result whose answers and requests leave out and write what they did."""
    if isinstance(value, list):
        return [as_recorded(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: as_recorded(item) for key, item in value.items()}
    if "contract" not in found:
        return found
    if "judgedAt" in found:
        return _answer(found)
    if "log" in found:
        return _request(found)
    return found


def _request(found: dict[str, Any]) -> dict[str, Any]:
    if "windows" in found:
        found = {"profiles": None, "columns": [], **found}
        rules = [{"threshold": None, **rule} for rule in found["columns"]]
        found["columns"] = rules
    for part, nulls in NULLS.items():
        if part in found:
            found[part] = {**nulls, **found[part]}
    features = {"column": None, **found["log"]["features"]}
    return {**found, "log": {**found["log"], "features": features}}


def _answer(found: dict[str, Any]) -> dict[str, Any]:
    windows = found.get("windows", [])
    scored = found.get("performanceWindows", [])
    lengths = Counter(_seconds(item) for item in [*windows, *scored])
    usual = lengths.most_common(1)[0][0] if lengths else None
    found["windows"] = [_window(item, usual) for item in windows]
    if scored:
        metric = scored[0]["metric"]
        shown = [_without_end(item, usual) for item in scored]
        found["performanceWindows"] = [
            {k: v for k, v in one.items() if (k, v) != ("metric", metric)}
            for one in shown
        ]
    if "performance" in found:
        found["performance"] = _plain(found["performance"])
    return _plain(found)


def _window(item: dict[str, Any], usual: float | None) -> dict[str, Any]:
    found = _without_end(item, usual)
    if not found.pop("counting"):
        found["interim"] = True
    drifted, checked = found.get("drifted"), found.get("checked")
    share = None if drifted is None or not checked else 100 * drifted // checked
    if found.get("percent") == share:
        found.pop("percent", None)
    return found


def _without_end(item: dict[str, Any], usual: float | None) -> dict[str, Any]:
    found = _plain(item)
    if _seconds(item) == usual:
        del found["end"]
    return found


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {key: v for key, v in item.items() if (key, v) not in DEFAULTS}


def _seconds(item: dict[str, Any]) -> float:
    """Return a window's length; 0 where its times are masked."""
    if item["start"].startswith("<"):
        return 0.0
    start, end = (datetime.fromisoformat(item[key]) for key in ("start", "end"))
    return (end - start).total_seconds()
