"""What options of a check by hand mean, and the error where they mean nothing."""

import argparse

from driftcheck.contract import ColumnRule

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class UsageError(Exception):
    """The options do not make a check; the message says what is missing."""


def column_rules(options: argparse.Namespace) -> tuple[ColumnRule, ...]:
    """What differs for single columns."""
    weights: dict[str, float] = {}
    for text in options.weight:
        name, _, number = text.rpartition("=")
        try:
            weights[name] = float(number)
        except ValueError:
            raise UsageError(f"{text!r} is no weight such as price=2.5") from None
    names = sorted({*options.critical, *weights})
    return tuple(
        ColumnRule(n, n in options.critical, weight=weights.get(n, ColumnRule.weight))
        for n in names
    )


def seconds_in(text: str) -> int:
    """A duration such as 24h in seconds; UsageError where it is none."""
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in _UNITS:
        raise UsageError(f"{text!r} is no duration such as 90m, 24h or 7d")
    return int(number) * _UNITS[unit]
