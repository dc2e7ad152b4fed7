"""Frozen dataclasses to JSON by their type hints; see `codec`."""

import dataclasses
import types
import typing
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Annotated, Any, TypeAlias

from driftcheck.contract.reflection import JsonField, fields_of, not_none
from driftcheck.contract.rules import ContractError, Rounded

Writer: TypeAlias = Callable[[Any, "Style"], Any]


def format_time(moment: datetime) -> str:
    """Return RFC 3339 in UTC with a Z; microseconds only where there are any.

    Raises ContractError for a time without a zone.
    """
    if moment.tzinfo is None:
        raise ContractError("a time without a zone cannot be written")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclasses.dataclass(frozen=True)
class Style:
    """How values are written: the format of times, and whether defaults are.

    Without `defaults` a field that has its default is left out, which a reader of the
    same version fills in. Answers are written so; requests are not, since the default
    of the writer must apply.
    """

    time: Callable[[datetime], str] = format_time
    defaults: bool = True


WHOLE = Style()
COMPACT = Style(defaults=False)


def write(value: Any, style: Style) -> Any:
    """Return the JSON form of a value of any type."""
    cls: Any = type(value)
    return writer(cls)(value, style)


@cache
def writer(hint: Any) -> Writer:
    """Return the function that writes values of a type hint; one per hint."""
    origin = typing.get_origin(hint)
    if origin is Annotated:
        inner, *marks = typing.get_args(hint)
        rounded = [mark for mark in marks if isinstance(mark, Rounded)]
        return _rounding_writer(rounded[0]) if rounded else writer(inner)
    if origin in (types.UnionType, typing.Union):
        inner_writer = writer(not_none(hint))
        return lambda value, style: (
            None if value is None else inner_writer(value, style)
        )
    if origin is tuple:
        return _tuple_writer(typing.get_args(hint))
    if dataclasses.is_dataclass(hint):
        return _object_writer
    if isinstance(hint, type) and issubclass(hint, Enum):
        return lambda value, style: value.value  # noqa: ARG005
    if hint is datetime:
        return lambda value, style: style.time(value)
    if hint is tuple:
        return lambda value, style: [write(item, style) for item in value]
    return lambda value, style: value  # noqa: ARG005


def _rounding_writer(rounded: Rounded) -> Writer:
    def write_rounded(value: Any, style: Style) -> Any:  # noqa: ARG001
        return None if value is None else rounded.of(value)

    return write_rounded


def _tuple_writer(hints: tuple[Any, ...]) -> Writer:
    if hints[-1] is Ellipsis:
        write_item = writer(hints[0])
        return lambda value, style: [write_item(item, style) for item in value]
    writers = [writer(hint) for hint in hints]
    return lambda value, style: [
        write_item(item, style) for write_item, item in zip(writers, value, strict=True)
    ]


@cache
def _fields(cls: Any) -> tuple[tuple[JsonField, Writer], ...]:
    return tuple((field, writer(field.hint)) for field in fields_of(cls))


def _object_writer(value: Any, style: Style) -> Any:
    cls: Any = type(value)
    written = {}
    for field, write_value in _fields(cls):
        item = getattr(value, field.name)
        if item is None:
            continue
        if not (style.defaults or field.required) and item == field.default:
            continue
        found = write_value(item, style)
        if found is not None and found not in ([], {}):
            written[field.key] = found
    return written


_UNITS = (("h", 3600), ("m", 60), ("s", 1))


def duration_text(seconds: int) -> str:
    """Return a positive duration in the largest unit that divides it: 300 → `5m`."""
    unit, length = next(pair for pair in _UNITS if seconds % pair[1] == 0)
    return f"{seconds // length}{unit}"
