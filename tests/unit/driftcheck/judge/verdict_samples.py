"""Rows and names of the tests of the verdict."""

from typing import Any

from tests.unit.driftcheck.samples import (
    normal,
)


def names(count: int) -> list[str]:
    """Column names."""
    return [f"c{index}" for index in range(count)]


def samples(
    count: int, rows: int, seed: int, shifted: int = 0, by: float = 1.0
) -> dict[str, Any]:
    """Normal columns, the first `shifted` of them moved."""
    return {
        name: normal(seed + index, rows, by if index < shifted else 0.0)
        for index, name in enumerate(names(count))
    }
