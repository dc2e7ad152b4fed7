"""Data that cannot be judged comes before drift."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from driftcheck.arrow.conversion import dataset_from
from driftcheck.arrow.schema import reference_shape
from driftcheck.contract import Kind, Verdict
from driftcheck.judge.verdict import judge
from tests.unit.driftcheck.judge.verdict_samples import samples
from tests.unit.driftcheck.samples import (
    WINDOW,
    judged,
    normal,
    request,
    window_dataset,
)


def broken(**changes: Any) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Three columns of which the window's first is changed; None removes it."""
    before = samples(3, 2000, 1)
    after = samples(3, 500, 100, 3) | changes
    return before, {k: v for k, v in after.items() if v is not None}


HOLES = [None if i % 2 else float(i) for i in range(500)]


INFINITE = np.where(np.arange(500) % 4 == 0, np.inf, normal(3, 500))


@pytest.mark.parametrize(
    ("column", "reason", "said"),
    [
        (None, "MissingColumn", "no such column"),
        (["a"] * 500, "RetypedColumn", "it holds string"),
        (pa.nulls(500, pa.float64()), "AllNull", "100% null, 0% in the reference"),
        (pa.nulls(500), "AllNull", "100% null"),
        (HOLES, "NullShare", "50% null, 0% in the reference"),
        (np.where(np.arange(500) % 2, np.nan, 1.0), "NullShare", "50% null"),
        (INFINITE, "InfiniteShare", "25% infinite, 0% in the reference"),
    ],
    ids=["gone", "text", "null", "null type", "holes", "nan", "infinite"],
)
def test_broken_data_comes_before_drift(column: Any, reason: str, said: str) -> None:
    """Broken data is DataQuality, though the other columns show drift as well."""
    before, after = broken(c0=column)
    found = judged(before, dict(after)).verdict
    assert (found.verdict, found.reason) == (Verdict.DATA_QUALITY, reason)
    assert found.message.startswith("c0: ")
    assert said in found.message
    assert f"{reason}: c0" in found.findings
    assert found.drifted
    assert found.kinds == (Kind.COVARIATE,)


def test_a_missing_column_is_said_even_of_an_empty_window() -> None:
    """DataQuality comes before Inconclusive."""
    found = judged(samples(2, 500, 1), samples(1, 0, 1)).verdict
    assert found.reason == "MissingColumn"


def test_a_column_that_the_reference_lacks_is_data_quality() -> None:
    """A feature that cannot be compared because of the reference is not passed over."""
    asked = request("a", "b")
    table = pa.table({"a": normal(1, 500)})
    shape = reference_shape(table.schema, asked.log.features)
    lacking = dataset_from(table, shape, asked.log.features)
    current = window_dataset(lacking, a=normal(2, 500), b=normal(3, 500))
    found = judge(asked, WINDOW, lacking, current).verdict
    assert found.message == "b: the reference has no such column"


def test_several_findings_are_all_named() -> None:
    """The gravest is_decisive, the others are counted and listed."""
    before, after = broken(c0=HOLES, c1=None)
    found = judged(before, dict(after)).verdict
    assert found.reason == "MissingColumn"
    assert found.message.endswith("(and 1 more)")
    assert found.findings[:2] == ("MissingColumn: c1", "NullShare: c0")


def test_the_same_share_of_nulls_is_no_finding() -> None:
    """Nulls that the reference has, too, are its nature."""
    hole = np.arange(2000) % 3 == 0
    before = {"a": np.where(hole, np.nan, normal(1, 2000))}
    after = {"a": np.where(hole[:500], np.nan, normal(2, 500))}
    found = judged(before, after).verdict
    assert (found.verdict, found.findings) == (Verdict.NO_DRIFT, ())
