"""Every field of the spec is in the window's fingerprint, or is named as outside."""

import dataclasses
import typing
from collections.abc import Iterator
from typing import Any

import pytest

from killick.resource.codec import camel, from_dict, to_dict
from killick.resource.fingerprint import (
    NO_PART,
    ONLY_IF_NOT_NATIVE,
    ONLY_WITH_A_BOUND,
    window_fingerprint,
)
from killick.resource.spec import Spec
from tests.unit.test_crd import dataclass_in

TEXT, ITEM = "x", {"name": "x"}


def example(hint: Any) -> Any:
    """A value of a field in JSON, with every optional part declared."""
    cls = dataclass_in(hint)
    if cls is not None:
        one = whole(cls)
        return [one] if typing.get_origin(hint) is tuple else one
    text = str(hint)
    if "tuple" in text:
        return [TEXT] if "str" in text else [ITEM]
    if "dict" in text:
        return {"key": TEXT}
    return {bool: True, int: 7}.get(hint, TEXT)


def whole(cls: Any) -> dict[str, Any]:
    """The JSON of a dataclass with every field set."""
    hints = typing.get_type_hints(cls)
    return {camel(f.name): example(hints[f.name]) for f in dataclasses.fields(cls)}


def leaves(cls: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every field that holds no dataclass, or a list of them."""
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        here = (*path, camel(field.name))
        inner = dataclass_in(hints[field.name])
        if inner is None or typing.get_origin(hints[field.name]) is tuple:
            yield here
        if inner is not None:
            part = (
                (*here, "0")
                if here[-1] in ("columns", "filters")
                and (typing.get_origin(hints[field.name]) is tuple)
                else here
            )
            yield from leaves(inner, part)


def spec() -> dict[str, Any]:
    """A spec in which everything is declared: a bound of performance, no default."""
    raw = whole(Spec)
    for part in (raw["drift"]["performance"], raw["evaluation"]):
        part["metric"] = {"name": "RocAuc"}
    raw["drift"]["engine"] = "Evidently"
    return raw


def other(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return []
    if isinstance(value, dict):
        return {**value, "other": TEXT}
    return "Accuracy" if value == "RocAuc" else f"{value}y"


def changed(path: tuple[str, ...]) -> str:
    """The fingerprint of that spec with another value at the path."""
    raw = spec()
    place: Any = raw
    for step in path[:-1]:
        place = place[int(step) if step == "0" else step]
    place[path[-1]] = other(place[path[-1]])
    return window_fingerprint(from_dict(Spec, raw))


PATHS = list(leaves(Spec))


@pytest.mark.parametrize("path", PATHS, ids=".".join)
def test_a_field_is_part_of_the_fingerprint_unless_it_is_named(
    path: tuple[str, ...],
) -> None:
    """A new field cannot be forgotten: it is one or the other."""
    names = {".".join(path[:depth]) for depth in range(1, len(path) + 1)}
    outside = bool(names & set(NO_PART))
    before = window_fingerprint(from_dict(Spec, spec()))
    assert (changed(path) == before) == outside


def test_every_named_field_exists() -> None:
    """The table names no field that is gone."""
    known = {".".join(path[:depth]) for path in PATHS for depth in range(1, 4)}
    named = {*NO_PART, *ONLY_WITH_A_BOUND, *ONLY_IF_NOT_NATIVE}
    assert named <= known


@pytest.mark.parametrize("path", ONLY_WITH_A_BOUND)
def test_performance_without_a_bound_is_no_part(path: str) -> None:
    """What is only reported changes no verdict."""
    part, name = path.split(".")
    raw = spec()
    del raw["drift"]["performance"]["minimum"]
    before = window_fingerprint(from_dict(Spec, raw))
    del raw[part][name]
    assert window_fingerprint(from_dict(Spec, raw)) == before


def test_the_default_engine_is_no_part() -> None:
    """Windows from before the engine could be chosen count on."""
    raw = spec()
    raw["drift"]["engine"] = "Native"
    assert "engine" in to_dict(from_dict(Spec, raw))["drift"]
    before = window_fingerprint(from_dict(Spec, raw))
    del raw["drift"]["engine"]
    assert window_fingerprint(from_dict(Spec, raw)) == before
