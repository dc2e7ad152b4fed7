"""Tables of reasons, made from the enums that define them."""

from dev.reference.markdown import code, table
from driftcheck.contract.reasons import Reason, ReasonGroup


def worker_tables() -> str:
    """Return one table for each group of the worker's reasons."""
    return "\n".join(
        f"### {group}\n\n{_table(group)}" for group in ReasonGroup if _members(group)
    )


def _table(group: ReasonGroup) -> str:
    rows = [(code(reason), reason.description) for reason in _members(group)]
    return table(("reason", "meaning"), rows)


def _members(group: ReasonGroup) -> list[Reason]:
    return [reason for reason in Reason if reason.group is group]
