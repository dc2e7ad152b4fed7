"""Tables of reasons, made from the enums that define them."""

from collections.abc import Iterable
from typing import Final

from dev.reference.markdown import code, table
from driftcheck.contract.reasons import Reason, ReasonGroup
from killick.reasons.descriptions import DESCRIPTIONS

EVENTS: Final = "Events"
"""The group that the page on Events explains, each with its type."""


def worker_tables() -> str:
    """Return one table for each group of the worker's reasons."""
    return "\n".join(
        _section(group, ((r, r.description) for r in Reason if r.group is group))
        for group in ReasonGroup
    )


def operator_tables() -> str:
    """Return one table for each group of the operator's reasons."""
    return "\n".join(
        _section(title, reasons.items())
        for title, reasons in DESCRIPTIONS.items()
        if title != EVENTS
    )


def _section(title: str, reasons: Iterable[tuple[str, str]]) -> str:
    rows = [(code(reason), text) for reason, text in reasons]
    return f"### {title}\n\n{table(('reason', 'meaning'), rows)}"
