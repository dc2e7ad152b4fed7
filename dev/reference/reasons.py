"""Tables of reasons, made from the enums that define them.

Where an enum does not exist, its table stays as it is written on the page.
"""

from collections.abc import Iterable
from importlib import import_module
from types import ModuleType

from dev.reference.markdown import code, table


def worker_tables() -> str | None:
    """Return one table for each group of the worker's reasons."""
    module = _module("driftcheck.contract.reasons")
    if module is None:
        return None
    groups = {
        str(group): [
            (str(reason), reason.description)
            for reason in module.Reason
            if reason.group is group
        ]
        for group in module.ReasonGroup
    }
    return _tables(groups)


def operator_tables() -> str | None:
    """Return one table for each group of the operator's reasons."""
    module = _module("killick.reasons.descriptions")
    if module is None:
        return None
    groups = {
        title: [(str(reason), text) for reason, text in reasons.items()]
        for title, reasons in module.DESCRIPTIONS.items()
    }
    return _tables(groups)


def _module(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ModuleNotFoundError:
        return None


def _tables(groups: dict[str, list[tuple[str, str]]]) -> str:
    """Return a heading and a table for each group that has reasons."""
    return "\n".join(
        f"### {title}\n\n{_table(reasons)}" for title, reasons in groups.items()
    )


def _table(reasons: Iterable[tuple[str, str]]) -> str:
    rows = [(code(reason), text) for reason, text in reasons]
    return table(("reason", "meaning"), rows)
