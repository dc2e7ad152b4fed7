"""Frozen dataclasses to and from the camelCase dictionaries of the API server.

Absent and `None` are the same; unknown keys are ignored, so that an older operator
reads what a newer one wrote. Times have whole seconds and are UTC.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from killick.errors import InvalidSpec

T = TypeVar("T")


@cache
def camel(name: str) -> str:
    """Return the API name of a field: `tracking_uri` → `trackingURI`."""
    head, *tail = name.split("_")
    return head + "".join("URI" if p == "uri" else p.capitalize() for p in tail)


def format_time(moment: datetime) -> str:
    """Return RFC 3339 with whole seconds in UTC."""
    utc = moment.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    return f"{utc.isoformat()}Z"


def parse_time(text: str) -> datetime:
    """Read RFC 3339; a time without a zone is refused.

    Raises ValueError on anything else.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"the time {text!r} has no zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"the time {text!r} is out of range") from None


def to_dict(value: Any) -> Any:
    """Return the JSON form of a dataclass, leaving out what is None or empty."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = (
            (field.key, to_dict(getattr(value, field.name)))
            for field in _fields(type(value))
        )
        return {k: v for k, v in pairs if v is not None and v not in ([], {})}
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, tuple):
        return [to_dict(item) for item in value]
    return value


@dataclasses.dataclass(frozen=True, slots=True)
class _Field:
    """A field of a dataclass, worked out once per class: every pass needs them all."""

    name: str
    key: str
    hint: Any
    required: bool


@cache
def _fields(cls: Any) -> tuple[_Field, ...]:
    hints = typing.get_type_hints(cls)
    missing = dataclasses.MISSING
    return tuple(
        _Field(
            field.name,
            camel(field.name),
            hints[field.name],
            required=field.default is missing and field.default_factory is missing,
        )
        for field in dataclasses.fields(cls)
    )


def from_dict(cls: type[T], raw: Any, path: str = "") -> T:
    """Build a dataclass from its JSON form.

    Raises InvalidSpec, naming the path, when a value is missing or of a wrong type.
    """
    if not isinstance(raw, Mapping):
        raise InvalidSpec(f"{path or cls.__name__} must be an object")
    values: dict[str, Any] = {}
    for field in _fields(typing.cast("Any", cls)):
        where = f"{path}.{field.key}" if path else field.key
        if raw.get(field.key) is not None:
            values[field.name] = _value(field.hint, raw[field.key], where)
        elif field.required:
            raise InvalidSpec(f"{where} is missing")
    return cls(**values)


def _value(hint: Any, raw: Any, path: str) -> Any:
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        (inner,) = (a for a in typing.get_args(hint) if a is not type(None))
        return _value(inner, raw, path)
    if origin is tuple:
        item = typing.get_args(hint)[0]
        if not isinstance(raw, list):
            raise InvalidSpec(f"{path} must be a list")
        return tuple(_value(item, r, f"{path}[{i}]") for i, r in enumerate(raw))
    if dataclasses.is_dataclass(hint):
        return from_dict(hint, raw, path)  # type: ignore[arg-type]
    if hint is datetime:
        try:
            return parse_time(raw)
        except (TypeError, ValueError) as error:
            raise InvalidSpec(f"{path} must be a time: {error}") from None
    return _scalar(hint, raw, path)


def _scalar(hint: Any, raw: Any, path: str) -> Any:
    if hint is Any:
        return raw
    hint = typing.get_origin(hint) or hint
    if hint is float and isinstance(raw, int) and not isinstance(raw, bool):
        return float(raw)
    if not isinstance(raw, hint) or (hint is int and isinstance(raw, bool)):
        raise InvalidSpec(f"{path} must be a {hint.__name__}")
    return raw
