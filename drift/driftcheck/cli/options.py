"""The meaning of single options, and the error of those without any."""

import argparse

from driftcheck.contract import ColumnRule

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class UsageError(Exception):
    """The options do not describe a check; the message says which ones are needed."""


def column_rules(options: argparse.Namespace) -> tuple[ColumnRule, ...]:
    """Return the rules of single columns; UsageError for a weight without a number."""
    weights: dict[str, float] = {}
    for text in options.weight:
        name, _, number = text.rpartition("=")
        try:
            weights[name] = float(number)
        except ValueError:
            message = f"invalid --weight {text!r}: use COLUMN=NUMBER, as price=2.5"
            raise UsageError(message) from None
    names = sorted({*options.critical, *weights})
    return tuple(
        ColumnRule(n, n in options.critical, weight=weights.get(n, ColumnRule.weight))
        for n in names
    )


def seconds_in(text: str) -> int:
    """Return a duration such as 24h in seconds; UsageError for other texts."""
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in _UNITS:
        message = f"invalid duration {text!r}: use a number and a unit, as 90m or 24h"
        raise UsageError(message)
    return int(number) * _UNITS[unit]
