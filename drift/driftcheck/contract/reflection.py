"""The fields of a frozen dataclass as JSON has them, worked out once per class."""

import dataclasses
import types
import typing
from functools import cache
from typing import Any

from driftcheck.contract.rules import Constant


@cache
def camel(name: str) -> str:
    """Return the API name of a field: `tracking_uri` → `trackingURI`."""
    head, *tail = name.split("_")
    return head + "".join("URI" if p == "uri" else p.capitalize() for p in tail)


@dataclasses.dataclass(frozen=True, slots=True)
class JsonField:
    """A field: its attribute, its key, its type hint and its default.

    `required`: it has no default and cannot be None, or is a constant. A `constant`
    names the contract: it is always written, and read before the other fields.
    """

    name: str
    key: str
    hint: Any
    default: Any
    required: bool
    constant: bool


@cache
def fields_of(cls: Any) -> tuple[JsonField, ...]:
    """Return the fields of a dataclass in their order."""
    hints = typing.get_type_hints(cls, include_extras=True)
    return tuple(_field(field, hints[field.name]) for field in dataclasses.fields(cls))


def _field(field: dataclasses.Field[Any], hint: Any) -> JsonField:
    missing = dataclasses.MISSING
    default = field.default
    if field.default_factory is not missing:
        default = field.default_factory()
    if default is missing and types.NoneType in typing.get_args(hint):
        default = None
    marks = getattr(hint, "__metadata__", ())
    constant = any(isinstance(mark, Constant) for mark in marks)
    required = constant or default is missing
    return JsonField(field.name, camel(field.name), hint, default, required, constant)


def not_none(hint: Any) -> Any:
    """Return the type of an optional field, such as `str` for `str | None`."""
    (inner,) = (arg for arg in typing.get_args(hint) if arg is not types.NoneType)
    return inner
