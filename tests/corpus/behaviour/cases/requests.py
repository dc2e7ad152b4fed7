"""Requests that the worker refuses, each with one thing that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tests.corpus.behaviour.adapter import checked
from tests.corpus.behaviour.cases.tables import DAY, START

GOOD = {
    "features": ["a", "b"],
    "reference": "/nowhere/reference.parquet",
    "anchor": START.isoformat(),
    "log": "Files",
    "uri": "/nowhere/log",
}
PERFORMANCE = {
    "prediction": "score",
    "label": "label",
    "performance": {"metric": "Accuracy", "minimum_rows": 1, "delay_seconds": 0},
}
WRONG: dict[str, dict[str, Any]] = {
    "nothing wrong": {},
    "another contract": {"contract": "driftcheck.killick.dev/v2"},
    "no features": {"features": []},
    "a feature twice": {"features": ["a", "a"]},
    "a feature that is a number": {"features": [1]},
    "an unknown shape": {"shape": "Cube"},
    "vectors in no column": {"shape": "Vector"},
    "an unknown log": {"log": "Oracle"},
    "files at no address": {"uri": None},
    "a lag below zero": {"lag": -1},
    "a lag as text": {"lag": "5m"},
    "a window of nothing": {"window": 0},
    "an anchor without a zone": {"anchor": "2026-01-01T00:00:00"},
    "an anchor that is no time": {"anchor": "yesterday"},
    "no windows": {"count": 0},
    "too many windows": {"count": 11},
    "no rows": {"minimum": 0},
    "significance of nothing": {"significance": 0.0},
    "significance of all": {"significance": 1.0},
    "significance as text": {"significance": "5"},
    "no columns": {"percent": 0},
    "too many columns": {"percent": 101},
    "a weight of nothing": {"rules": {"a": {"weight": 0}}},
    "a threshold as text": {"rules": {"a": {"threshold": "much"}}},
    "critical as a number": {"rules": {"a": {"critical": 1}}},
    "an unknown engine": {"engine": "Steam"},
    "segments of Evidently": {
        "engine": "Evidently",
        "segments": {"column": "c", "minimum_rows": 1, "maximum": 1},
    },
    "no segments": {"segments": {"column": "c", "minimum_rows": 1, "maximum": 0}},
    "performance without labels": {"performance": PERFORMANCE["performance"]},
    "an unknown metric": {
        **PERFORMANCE,
        "performance": {"metric": "Beauty", "minimum_rows": 1, "delay_seconds": 0},
    },
    "an unfit bound": {
        **PERFORMANCE,
        "performance": {**PERFORMANCE["performance"], "maximum": 1.0},  # type: ignore[dict-item]
    },
    "a filter of nothing": {"filters": {"model": ""}},
    "a NUL in a name": {"time": "a\0t"},
}


def refused_requests() -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """Every one of these, with what is said of it."""
    for name, changes in WRONG.items():
        asked = {**GOOD, **changes}
        yield f"request: {name}", partial(checked, asked, START + DAY)
