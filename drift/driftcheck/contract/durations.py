"""Durations as people write them, such as `24h`."""

_UNITS = (("h", 3600), ("m", 60), ("s", 1))


def duration_text(seconds: int) -> str:
    """Return a positive duration in the largest unit that divides it: 300 → `5m`."""
    unit, length = next(pair for pair in _UNITS if seconds % pair[1] == 0)
    return f"{seconds // length}{unit}"
