"""What parse_spec refuses, and that it says what to write instead."""

import copy
from datetime import timedelta
from typing import Any

import pytest

from killick.errors import InvalidSpec
from killick.resource.parse import duration, parse_spec
from tests.unit.resource.test_defaults import MINIMAL

REFUSED = [
    ("mode", "act", "spec.mode must be one of"),
    ("model", None, "spec.model: is missing"),
    ("model", {"name": 7}, "spec.model.name: must be a string"),
    ("suspend", "no", "spec.suspend: must be true or false"),
    ("reference", [], "spec.reference: must be an object"),
    ("inferenceLog.features.vector", None, "declare features.vector with its names"),
    ("inferenceLog.features.vector.names", ["a", "a"], "every name must occur once"),
    ("inferenceLog.lag", "soon", "is not a duration; write for example"),
    ("inferenceLog.labelColumn", None, "declare spec.inferenceLog.labelColumn"),
    ("drift.columns", [{"name": "z"}], "spec.drift.columns: z is not compared"),
    ("drift.columns", [{"name": "a", "threshold": "x"}], "must be a decimal number"),
    ("drift.columns", [{"name": "a", "weight": "0"}], "weight of spec.drift.columns a"),
    ("drift.exclude", ["a"], "spec.drift.exclude must leave at least one feature"),
    ("drift.window", "0s", "must be longer than nothing"),
    ("drift.window", "9" * 30 + "h", "longer than a century"),
    ("drift.significance", "5%", "spec.drift.significance must be a decimal number"),
    ("drift.persistence", {"breaches": 4}, "breaches must be at least 1 and cannot"),
    ("drift.persistence", {"breaches": 0}, "breaches must be at least 1 and cannot"),
    ("drift.persistence", {"windows": 11}, "windows cannot exceed 10"),
    ("drift.minimumRows", True, "spec.drift.minimumRows: must be a whole number"),
    ("drift.segments", {"column": "a"}, "a makes no segments; name a column of texts"),
    ("drift.podTemplate", {"labels": "x"}, "spec.drift.podTemplate.labels: must be"),
    (
        "drift.performance.minimum",
        "high",
        "spec.drift.performance.minimum must be a decimal",
    ),
    (
        "drift.performance.maximum",
        "1",
        "spec.drift.performance.maximum: RocAuc has none",
    ),
    ("retraining.triggers", ["Alert"], "'Alert' is not one of Drift, Performance"),
    ("retraining.triggers", ["Performance"], "Performance needs a bound"),
    ("retraining.cooldown", "1d", "is not a duration"),
    ("retraining.budget", {"attempts": 0}, "budget.attempts must be at least 1"),
    ("evaluation.metric.name", "F2", "spec.evaluation.metric.name must be one of"),
    ("evaluation.minimum", "high", "spec.evaluation.minimum must be a decimal"),
    ("evaluation.timeout", "", "is not a duration"),
    ("evaluation", None, "spec.promotion needs spec.evaluation"),
    ("promotion.git.value", "latest", "must contain {version} once"),
    ("promotion.git.value", "{model}" * 600 + "{version}", "use {model} less often"),
]


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the minimal spec with another value at the path."""
    raw = copy.deepcopy(MINIMAL)
    *parents, last = path.split(".")
    place = raw
    for name in parents:
        place = place[name]
    place[last] = value
    return raw


@pytest.mark.parametrize(("path", "value", "message"), REFUSED)
def test_refused(path: str, value: object, message: str) -> None:
    """An impossible spec is refused with a message that names the field."""
    with pytest.raises(InvalidSpec) as caught:
        parse_spec(changed(path, value))
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("24h", 86400), ("1h30m", 5400), ("90s", 90), ("0s", 0), ("1m1s1h", 3661)],
)
def test_durations(text: str, seconds: int) -> None:
    """Hours, minutes and seconds add up."""
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "24", "h", "-1h", "1.5h", "1 h", "١h", "1h" * 50])
def test_no_durations(text: str) -> None:
    """Anything else is refused, also digits that are not ASCII."""
    with pytest.raises(InvalidSpec):
        duration(text)


@pytest.mark.parametrize(
    ("template", "value", "version"),
    [
        ("models:/{model}/{version}", "models:/m/12", "12"),
        ("models:/{model}/{version}", "models:/m/", None),
        ("models:/{model}/{version}", "models:/n/12", None),
        ("models:/{model}/{version}", "models:/m/1.2", None),
        ("models:/{model}/{version}", "models:/m/" + "9" * 19, None),
        ("v{version}-{model}", "v3-m", "3"),
        ("v{version}v", "v", None),
        ("{version}", "٣", None),
    ],
)
def test_value_and_version(template: str, value: str, version: str | None) -> None:
    """The version is read back from exactly the text that was written."""
    spec = parse_spec(changed("promotion.git.value", template))
    assert spec.version_in(value) == version
    if version:
        assert spec.value_of(version) == value


def test_an_excluded_feature_has_no_rule() -> None:
    """A column that is excluded and declared critical is a contradiction."""
    raw = changed("inferenceLog.features.vector.names", ["a", "id"])
    raw["drift"] |= {"exclude": ["id"], "columns": [{"name": "id", "critical": True}]}
    with pytest.raises(InvalidSpec, match=r"spec\.drift\.columns: id is not compared"):
        parse_spec(raw)
