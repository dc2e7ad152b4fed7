"""Spec and status as the API server holds them: the contract's codec, in whole seconds.

Kubernetes writes times without fractions, and a broken spec is an InvalidSpec.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, TypeVar

from driftcheck import contract
from driftcheck.contract import ContractError, camel, from_json, parse_time, to_json
from killick.errors import InvalidSpec

__all__ = ["camel", "format_time", "from_dict", "parse_time", "to_dict"]

T = TypeVar("T")


def format_time(moment: datetime) -> str:
    """Return RFC 3339 with whole seconds in UTC."""
    return contract.format_time(moment.replace(microsecond=0))


STYLE: Final = contract.Style(time=format_time)


def to_dict(value: Any) -> Any:
    """Return the JSON form of a dataclass, leaving out what is None or empty."""
    return to_json(value, STYLE)


def from_dict(cls: type[T], raw: Any, path: str = "") -> T:
    """Build a dataclass from its JSON form.

    Raises InvalidSpec, naming the path, when a value is missing or of a wrong type.
    """
    try:
        return from_json(cls, raw, path)
    except ContractError as error:
        raise InvalidSpec(str(error)) from None
