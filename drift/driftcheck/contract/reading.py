"""JSON to frozen dataclasses by their type hints; see `codec`."""

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Annotated, Any, TypeAlias

from driftcheck.contract.reflection import fields_of, not_none
from driftcheck.contract.rules import (
    ContractError,
    Rule,
    SkipUnknown,
    Validated,
    below,
)

Reader: TypeAlias = Callable[[Any, str], Any]


def parse_time(text: str, path: str = "time") -> datetime:
    """Return an RFC 3339 time with a zone as UTC; ContractError for anything else."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ContractError(f"{path}: {text!r} has no time zone")
        return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, ContractError):
            raise
        raise ContractError(f"{path}: {text!r} is not an RFC 3339 time") from None


@cache
def reader(hint: Any) -> Reader:
    """Return the function that reads values of a type hint; one per hint.

    It takes the value and the path of its field, and raises ContractError.
    """
    origin = typing.get_origin(hint)
    if origin is Annotated:
        return _annotated_reader(*typing.get_args(hint))
    if origin in (types.UnionType, typing.Union):
        return reader(not_none(hint))
    if origin is tuple:
        return _tuple_reader(typing.get_args(hint), skip_unknown=False)
    if dataclasses.is_dataclass(hint):
        return _object_reader(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enum_reader(hint)
    if hint is Any:
        return lambda raw, path: raw  # noqa: ARG005
    return _SCALARS[origin or hint]


def _annotated_reader(inner: Any, *marks: Any) -> Reader:
    rules = [mark for mark in marks if isinstance(mark, Rule)]
    if any(isinstance(mark, SkipUnknown) for mark in marks):
        return _tuple_reader(typing.get_args(inner), skip_unknown=True)
    read = reader(inner)

    def read_checked(raw: Any, path: str) -> Any:
        value = read(raw, path)
        for rule in rules:
            rule.check(value, path)
        return value

    return read_checked


def _tuple_reader(hints: tuple[Any, ...], *, skip_unknown: bool) -> Reader:
    """Return the reader of a list: of any length, or of as many items as hints."""
    if hints[-1] is Ellipsis:
        item = hints[0]
        read = reader(item)
        known = {member.value for member in item} if skip_unknown else ()

        def read_list(raw: Any, path: str) -> Any:
            if not isinstance(raw, list):
                raise ContractError(f"{path}: must be a list")
            if skip_unknown:
                raw = [entry for entry in raw if entry in known]
            return tuple(read(entry, f"{path}[{i}]") for i, entry in enumerate(raw))

        return read_list
    readers = [reader(hint) for hint in hints]

    def read_items(raw: Any, path: str) -> Any:
        if not isinstance(raw, list) or len(raw) != len(readers):
            raise ContractError(f"{path}: must be a list of {len(readers)} values")
        pairs = zip(readers, raw, strict=True)
        return tuple(
            read(entry, f"{path}[{i}]") for i, (read, entry) in enumerate(pairs)
        )

    return read_items


def _object_reader(cls: Any) -> Reader:
    ordered = sorted(fields_of(cls), key=lambda field: not field.constant)
    readers = [(field, reader(field.hint)) for field in ordered]

    def read(raw: Any, path: str) -> Any:
        if not isinstance(raw, Mapping):
            raise ContractError(f"{path or 'document'}: must be an object")
        values: dict[str, Any] = {}
        for field, read_value in readers:
            where = below(path, field.key)
            if raw.get(field.key) is not None:
                values[field.name] = read_value(raw[field.key], where)
            elif field.required:
                raise ContractError(f"{where}: is missing")
            else:
                values[field.name] = field.default
        made = cls(**values)
        if isinstance(made, Validated):
            made.validate(path)
        return made

    return read


def _enum_reader(cls: type[Enum]) -> Reader:
    def read(raw: Any, path: str) -> Any:
        try:
            return cls(raw)
        except ValueError:
            names = ", ".join(str(member.value) for member in cls)
            raise ContractError(f"{path}: {raw!r} is not one of {names}") from None

    return read


def _text(raw: Any, path: str) -> str:
    if not isinstance(raw, str):
        raise ContractError(f"{path}: must be a string")
    if "\0" in raw:
        raise ContractError(f"{path}: must not contain a NUL character")
    return raw


def _flag(raw: Any, path: str) -> bool:
    if not isinstance(raw, bool):
        raise ContractError(f"{path}: must be true or false")
    return raw


def _integer(raw: Any, path: str) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise ContractError(f"{path}: must be a whole number")
    return raw


def _number(raw: Any, path: str) -> float:
    """Return a finite float; JSON writes 1.0 as 1, and integers have no bounds."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise ContractError(f"{path}: must be a number")
    try:
        number = float(raw)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ContractError(f"{path}: must be a finite number")
    return number


def _map(raw: Any, path: str) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise ContractError(f"{path}: must be an object")
    return raw


def _time(raw: Any, path: str) -> datetime:
    return parse_time(raw, path)


_SCALARS: dict[Any, Reader] = {
    str: _text,
    bool: _flag,
    int: _integer,
    float: _number,
    dict: _map,
    datetime: _time,
}
