"""What breaks other drift checks, one test each, with the answer that is right."""

import time
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from driftcheck.contract import ColumnRule, Kind, Verdict
from driftcheck.report.text import histogram
from tests.unit.driftcheck.samples import (
    judged,
    normal,
    reference_dataset,
    window_dataset,
)

RNG = np.random.default_rng(11)


def whole(rows: int, high: int = 100) -> list[int]:
    """Whole numbers."""
    return [int(i) for i in RNG.integers(0, high, rows)]


def holes(values: list[Any]) -> list[Any]:
    """Every tenth value a null."""
    return [None if i % 10 == 0 else value for i, value in enumerate(values)]


def decimals(values: list[int]) -> list[Decimal]:
    """Hundredths."""
    return [Decimal(value) / 100 for value in values]


KINDS: dict[str, Any] = {
    "uint8": lambda v: pa.array(holes(v), pa.uint8()),
    "int64 with nulls": lambda v: pa.array(holes(v), pa.int64()),
    "float16": lambda v: pa.array(np.array(v, np.float16)),
    "decimal128": lambda v: pa.array(decimals(v), pa.decimal128(9, 2)),
    "decimal256": lambda v: pa.array(decimals(v), pa.decimal256(50, 2)),
    "bool with nulls": lambda v: pa.array(holes([x >= 50 for x in v])),
    "text": lambda v: pa.array(["high" if x >= 50 else "low" for x in v]),
    "large text": lambda v: pa.array([str(x >= 50) for x in v], pa.large_string()),
    "text view": lambda v: pa.array([str(x >= 50) for x in v], pa.string_view()),
    "dictionary": lambda v: pa.array([str(x >= 50) for x in v]).dictionary_encode(),
    "dictionary of numbers": lambda v: pa.array(v).dictionary_encode(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_type_is_lost_on_the_way(kind: str) -> None:
    """Each type is compared: the same is NoDrift, three quarters moved is Drift."""
    make = KINDS[kind]
    before, same, moved = whole(2000), whole(500), [max(x, 75) for x in whole(500)]
    calm = judged({"a": make(before)}, {"a": make(same)}).verdict
    assert (calm.verdict, calm.checked, calm.drifted) == (Verdict.NO_DRIFT, 1, 0)
    found = judged({"a": make(before)}, {"a": make(moved)}).verdict
    assert (found.verdict, found.drifted) == (Verdict.DRIFT, 1)


UNCHECKED: dict[str, Any] = {
    "timestamp": [datetime(2026, 1, 1, tzinfo=UTC)] * 500,
    "date": [date(2026, 1, 1)] * 500,
    "bytes": [b"a"] * 500,
    "struct": [{"x": 1}] * 500,
    "list": [[1.0, 2.0]] * 500,
    "map": pa.array([[("a", 1)]] * 500, pa.map_(pa.string(), pa.int64())),
    "duration": pa.array([1] * 500, pa.duration("s")),
    "extension": pa.ExtensionArray.from_storage(
        pa.uuid(), pa.array([b"0123456789abcdef"] * 500, pa.binary(16))
    ),
}


@pytest.mark.parametrize("kind", UNCHECKED)
def test_what_is_not_compared_is_named(kind: str) -> None:
    """Times, bytes and nested values are said to be unchecked, never passed over."""
    before = {"a": normal(1, 500), "odd": UNCHECKED[kind]}
    found = judged(before, before).verdict
    assert found.verdict is Verdict.NO_DRIFT
    assert (found.checked, found.findings) == (1, ("Unchecked: odd",))


def test_a_constant_that_stays_is_no_drift() -> None:
    """Constant against constant is 0, without a test that cannot be computed."""
    for value in (3.0, "x"):
        found = judged({"a": [value] * 500}, {"a": [value] * 200})
        assert found.verdict.verdict is Verdict.NO_DRIFT
        assert found.scores[0].effect == 0
        assert found.verdict.findings == ()


def test_a_constant_that_moves_is_drift_and_said_to_have_been_constant() -> None:
    """From 1 to 1.05 in half of the rows; a jitter of a billionth is nothing."""
    moved = np.where(np.arange(500) % 2, 1.05, 1.0)
    found = judged({"a": [1.0] * 500}, {"a": moved})
    assert found.verdict.verdict is Verdict.DRIFT
    assert found.scores[0].effect == pytest.approx(0.5)
    assert found.verdict.findings[0] == "WasConstant: a"
    jitter = judged({"a": [1000.0] * 500}, {"a": 1000 + normal(1, 500) * 1e-7})
    assert jitter.verdict.verdict is Verdict.NO_DRIFT


def test_a_column_that_stands_still_is_remarked_upon() -> None:
    """A stuck sensor is named beside its drift."""
    found = judged({"a": normal(1, 500)}, {"a": [0.5] * 200}).verdict
    assert found.verdict is Verdict.DRIFT
    assert "Constant: a" in found.findings


def test_a_small_scale_hides_nothing() -> None:
    """Three deviations are nearly 3 (clipped), also where the deviation is 0.0001."""
    found = judged({"a": normal(1, 2000) * 1e-4}, {"a": normal(2, 500, 3.0) * 1e-4})
    assert found.scores[0].effect == pytest.approx(2.7, rel=0.1)
    assert found.verdict.verdict is Verdict.DRIFT


@pytest.mark.parametrize("rows", [150, 500, 999, 1000, 20_000])
def test_one_absurd_value_in_the_reference_hides_no_drift(rows: int) -> None:
    """A shift of three deviations is seen beside a 1e9, even in a small reference."""
    before = np.append(normal(1, rows - 1), 1e9)
    found = judged({"a": before}, {"a": normal(2, 500, 3.0)})
    assert found.scores[0].effect > 2.5
    assert found.verdict.verdict is Verdict.DRIFT


def test_one_absurd_value_in_the_window_is_no_drift() -> None:
    """A single 1e9 of 500 is neither effect nor a share that matters."""
    after = np.append(normal(2, 499), 1e9)
    found = judged({"a": normal(1, 2000)}, {"a": after})
    assert found.verdict.verdict is Verdict.NO_DRIFT
    assert found.scores[0].effect < 0.15


@pytest.mark.parametrize("threshold", [0.1, 0.5])
def test_a_share_of_rows_far_out_is_drift_though_clipped(threshold: float) -> None:
    """Values outside the reference's range are a signal of their own."""
    out = round(500 * threshold / 4)
    after = np.append(normal(2, 500 - out), np.full(out, 1e6))
    rules = (ColumnRule("a", threshold=threshold),)
    found = judged({"a": normal(1, 20_000)}, {"a": after}, columns=rules)
    assert found.scores[0].effect < threshold
    assert found.verdict.verdict is Verdict.DRIFT
    assert "OutOfRange: a" in found.verdict.findings


def test_a_heavy_tail_is_no_drift() -> None:
    """Where means are all noise the second view must agree, and does not."""
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        before, after = rng.standard_cauchy(5000) ** 3, rng.standard_cauchy(1000) ** 3
        found = judged({"a": before}, {"a": after}).verdict
        alarms += found.verdict is Verdict.DRIFT
    assert alarms == 0


def test_one_row_of_a_new_category_is_no_drift() -> None:
    """1 of 500 is below one percent."""
    before = {"a": ["x", "y"] * 500}
    found = judged(before, {"a": ["x", "y"] * 249 + ["x", "z"]}).verdict
    assert (found.verdict, found.kinds) == (Verdict.NO_DRIFT, ())


@pytest.mark.parametrize("categories", [1000, 4000])
def test_many_categories_are_no_drift_by_themselves(categories: int) -> None:
    """Two samples of one distribution over thousands of categories are alike."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        before = [f"c{i}" for i in rng.integers(0, categories, 20_000)]
        after = [f"c{i}" for i in rng.integers(0, categories, 5000)]
        found = judged({"a": before}, {"a": after}).verdict
        assert (found.verdict, found.drifted) == (Verdict.NO_DRIFT, 0)


def test_fifty_thousand_categories_are_counted_in_a_moment() -> None:
    """The work is linear in the rows, not quadratic in the categories."""
    values = pa.array([f"c{i}" for i in RNG.integers(0, 50_000, 200_000)])
    started = time.process_time()
    found = judged({"a": values}, {"a": values}).verdict
    assert found.verdict is Verdict.NO_DRIFT
    assert time.process_time() - started < 5


def test_few_different_numbers_stay_numbers() -> None:
    """The reference decides the kind; a window of two values is still of numbers."""
    found = judged({"a": whole(2000, 50)}, {"a": [20, 21] * 100})
    assert found.verdict.verdict is Verdict.DRIFT
    assert found.scores[0].kinds == (Kind.COVARIATE,)


RETYPED = [
    ([1.5, 2.5] * 250, ["1.5", "2.5"] * 250),
    (["1.5", "2.5"] * 250, [1.5, 2.5] * 250),
    ([1, 2] * 250, ["1", "2"] * 250),
    ([1.0, 2.0] * 250, [datetime(2026, 1, 1, tzinfo=UTC)] * 500),
    (["a", "b"] * 250, [["a"]] * 500),
]


@pytest.mark.parametrize(("before", "after"), RETYPED)
def test_another_type_is_data_quality(before: list[Any], after: list[Any]) -> None:
    """Numbers that come as text are a broken pipeline, not a drift and no crash."""
    found = judged({"a": before, "b": before}, {"a": after, "b": before}).verdict
    assert (found.verdict, found.reason) == (Verdict.DATA_QUALITY, "RetypedColumn")
    assert found.message.startswith("a: it holds ")


SPELLINGS = [
    (["1", "2"] * 250, [1, 2] * 250),
    ([True, False] * 250, ["t", "f"] * 250),
    (["True", "False"] * 250, [True, False] * 250),
    (["TRUE", "FALSE"] * 250, ["true", "false"] * 250),
]


@pytest.mark.parametrize(("before", "after"), SPELLINGS)
def test_another_spelling_is_no_drift(before: list[Any], after: list[Any]) -> None:
    """One category has one spelling, whatever wrote it."""
    found = judged({"a": before}, {"a": after}).verdict
    assert (found.verdict, found.drifted) == (Verdict.NO_DRIFT, 0)


def test_a_new_value_beside_booleans_is_a_new_category() -> None:
    """Normalising the spelling does not swallow what is neither true nor false."""
    after = ["True"] * 200 + ["False"] * 200 + ["unknown"] * 100
    found = judged({"a": [True, False] * 1000}, {"a": after}).verdict
    assert Kind.NEW_CATEGORY in found.kinds


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 4, 5, 10])
def test_a_handful_of_rows_is_inconclusive(rows: int) -> None:
    """Nothing is computed of a few rows, and nothing is zero."""
    before = {"a": normal(1, 500), "b": ["x", "y"] * 250}
    after = {"a": normal(2, rows), "b": pa.array((["x", "y"] * 5)[:rows], pa.string())}
    found = judged(before, after).verdict
    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, "NotEnoughRows")
    assert (found.rows, found.drifted, found.checked, found.percent) == (
        rows,
        None,
        None,
        None,
    )
    assert found.top_columns == ()


def test_three_values_that_are_left_are_not_judged() -> None:
    """A column that is null on both sides but for a few rows is unchecked."""
    few = [1.0, 2.0, 3.0, *[None] * 497]
    before = {"a": normal(1, 500), "b": few}
    found = judged(before, before).verdict
    assert (found.checked, found.findings) == (1, ("Unchecked: b",))


def test_an_empty_column_loses_nothing_of_the_others() -> None:
    """All null in the reference or the window: said so, the others are scored."""
    null = pa.nulls(500, pa.float64())
    full = {"a": normal(1, 500), "b": normal(2, 500)}
    for before, after in ((full, full | {"b": null}), (full | {"b": null}, full)):
        found = judged(before, after).verdict
        assert found.verdict is Verdict.DATA_QUALITY
        assert found.checked == 1


@pytest.mark.parametrize("size", [1e308, 1e200, 1e-300])
def test_values_at_the_ends_of_floats_are_compared(size: float) -> None:
    """No overflow, no NaN: equal is NoDrift, moved is Drift, and it can be drawn."""
    before, moved = RNG.uniform(-1, 0.5, 2000) * size, RNG.uniform(0, 1, 500) * size
    same = RNG.uniform(-1, 0.5, 500) * size
    assert judged({"a": before}, {"a": same}).verdict.verdict is Verdict.NO_DRIFT
    found = judged({"a": before}, {"a": moved})
    assert found.verdict.verdict is Verdict.DRIFT
    assert 0.5 < found.scores[0].effect < 5
    reference = reference_dataset(a=before)
    window = window_dataset(reference, a=moved)
    assert histogram("a", reference.columns["a"], window.columns["a"])


def test_text_that_is_not_utf8_is_text_all_the_same() -> None:
    """Broken bytes make a category, not a crash."""
    raw = pa.array([b"\xff\xfe", b"ok"] * 250)
    broken = pa.Array.from_buffers(pa.string(), 500, raw.buffers())
    found = judged({"a": broken}, {"a": broken}).verdict
    assert found.verdict is Verdict.NO_DRIFT
