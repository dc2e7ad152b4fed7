"""Read and write frozen dataclasses as JSON, by their type hints.

The contract, the spec and the status of a ModelDeployment share these rules:

- Keys are camelCase. An absent field and null are the same.
- Unknown fields are ignored, so that an older reader takes what a newer writer adds.
- Every complaint is a ContractError that names the path of the field.
- A string without NUL, which PostgreSQL cannot hold; a number is finite; a time is
  RFC 3339 with a zone, and UTC once it is read.
- What a field takes beyond its type stands beside it, in `Annotated`: see `Rule`.

Only the standard library is imported: the operator and the worker use this module.
"""

import json
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from driftcheck.contract.reading import reader
from driftcheck.contract.rules import ContractError, Validated
from driftcheck.contract.writing import COMPACT, WHOLE, Style, write

__all__ = [
    "COMPACT",
    "WHOLE",
    "Document",
    "Style",
    "dumps",
    "from_json",
    "loads",
    "to_json",
]

T = TypeVar("T")


class Document(Validated):
    """A dataclass of the contract."""

    def to_json(self) -> dict[str, Any]:
        """Return a value that `json.dumps` takes; `from_json` reads it back equal."""
        value: dict[str, Any] = to_json(self)
        return value

    @classmethod
    def from_json(cls, value: Any, path: str = "") -> Self:
        """Return what `to_json` wrote; ContractError names the field that is wrong."""
        return from_json(cls, value, path)


def to_json(value: Any, style: Style = WHOLE) -> Any:
    """Return the JSON form of a dataclass, without what is None or empty."""
    return write(value, style)


def from_json(cls: type[T], raw: Any, path: str = "") -> T:
    """Return the dataclass that the JSON form describes, or raise ContractError."""
    hint: Any = cls
    value: T = reader(hint)(raw, path)
    return value


def dumps(value: Mapping[str, Any]) -> str:
    """Return the shortest JSON text of a value."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def loads(text: str | bytes) -> dict[str, Any]:
    """Return a JSON object, or raise ContractError; NaN and infinities are not JSON."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ContractError(f"not a JSON document: {str(error)[:120]}") from None
    if not isinstance(value, dict):
        raise ContractError("not a JSON object")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
