"""The verdict on one window: the order, the rules and what is said."""

import numpy as np
import pyarrow as pa
import pytest

from driftcheck.contract import ColumnRule, Kind, Verdict
from tests.unit.driftcheck.judge.verdict_samples import names, samples
from tests.unit.driftcheck.samples import (
    judged,
    normal,
)


def test_equal_distributions_are_no_drift() -> None:
    """Another sample of the same distribution is NoDrift, with zero of all columns."""
    verdict = judged(samples(8, 2000, 1), samples(8, 500, 100)).verdict
    assert (verdict.verdict, verdict.reason) == (Verdict.NO_DRIFT, "NoDrift")
    assert (verdict.rows, verdict.drifted, verdict.checked, verdict.percent) == (
        500,
        0,
        8,
        0,
    )


@pytest.mark.parametrize(
    ("shifted", "verdict", "percent"),
    [
        (2, Verdict.NO_DRIFT, 20),
        (3, Verdict.DRIFT, 30),
        (10, Verdict.DRIFT, 100),
    ],
)
def test_the_share_of_drifted_columns_decides(
    shifted: int, verdict: Verdict, percent: int
) -> None:
    """Exactly `drifted_columns_percent` is enough; below it is NoDrift and said so."""
    found = judged(samples(10, 2000, 1), samples(10, 500, 100, shifted)).verdict
    assert (found.verdict, found.percent) == (verdict, percent)
    assert f"{shifted} of 10 columns drifted" in found.message
    assert {name for name, _ in found.top_columns[:shifted]} <= set(names(shifted))


def test_one_critical_column_is_enough() -> None:
    """A critical column that drifted is drift, whatever the others do."""
    rules = (ColumnRule("c0", critical=True),)
    found = judged(
        samples(10, 2000, 1), samples(10, 500, 100, 1), columns=rules
    ).verdict
    assert (found.verdict, found.reason) == (Verdict.DRIFT, "CriticalColumnDrifted")
    assert found.message.startswith("critical column c0: ")


@pytest.mark.parametrize(
    ("heavy", "verdict", "percent"),
    [("c0", Verdict.DRIFT, 50), ("c9", Verdict.NO_DRIFT, 5)],
)
def test_weights_decide_the_share(heavy: str, verdict: Verdict, percent: int) -> None:
    """One drifted column of ten that counts as nine others do is half of them all."""
    rules = (ColumnRule(heavy, weight=9.0),)
    found = judged(
        samples(10, 2000, 1), samples(10, 500, 100, 1), columns=rules
    ).verdict
    assert (found.verdict, found.percent) == (verdict, percent)
    assert (found.drifted, found.checked) == (1, 10)
    assert f"1 of 10 columns drifted ({percent} % by weight)" in found.message


@pytest.mark.parametrize(
    ("shift", "verdict", "borderline"),
    [
        (0.03, Verdict.NO_DRIFT, False),
        (0.08, Verdict.NO_DRIFT, True),
        (0.15, Verdict.DRIFT, False),
    ],
)
def test_a_window_close_below_a_threshold_is_near_drift(
    shift: float, verdict: Verdict, borderline: bool
) -> None:
    """Between four fifths of the threshold and the threshold, and only there."""
    before = {"a": normal(1, 50_000)}
    found = judged(before, {"a": normal(2, 50_000, shift)}).verdict
    assert (found.verdict, found.borderline) == (verdict, borderline)


def test_a_columns_own_threshold_is_used() -> None:
    """A column that may move by two deviations does not drift by one."""
    rules = (ColumnRule("c0", critical=True, threshold=2.0),)
    found = judged(samples(1, 2000, 1), samples(1, 500, 100, 1), columns=rules).verdict
    assert found.verdict is Verdict.NO_DRIFT


def test_a_significant_but_tiny_shift_is_no_drift() -> None:
    """A twentieth of a deviation at 100,000 rows is beyond doubt, and immaterial."""
    before, after = samples(1, 100_000, 1), samples(1, 100_000, 5, 1, by=0.05)
    judgement = judged(before, after)
    pvalue = judgement.scores[0].pvalue
    assert pvalue is not None
    assert pvalue < 1e-6
    assert judgement.verdict.verdict is Verdict.NO_DRIFT


def test_a_large_effect_by_chance_is_no_drift() -> None:
    """With 100 rows an effect over the threshold is common; alone it is no drift."""
    alarms = over = 0
    for seed in range(40):
        after = samples(5, 100, 5000 + 100 * seed)
        found = judged(samples(5, 2000, 100 * seed), after)
        alarms += found.verdict.verdict is Verdict.DRIFT
        over += found.scores[0].effect >= 0.1
    assert over > 30
    assert alarms <= 1


@pytest.mark.parametrize(
    ("rows", "missing"), [(0, 100), (1, 99), (99, 1)], ids=["none", "one", "almost"]
)
def test_too_few_rows_are_inconclusive_and_say_how_many_are_missing(
    rows: int, missing: int
) -> None:
    """Below the minimum nothing is computed, not even where the shift is plain."""
    found = judged(samples(3, 2000, 1), samples(3, rows, 100, 3)).verdict
    assert (found.verdict, found.reason) == (Verdict.INCONCLUSIVE, "NotEnoughRows")
    assert found.message == f"{rows} of at least 100 rows: {missing} missing"
    assert (found.rows, found.drifted, found.percent) == (rows, None, None)


def test_the_minimum_itself_is_enough() -> None:
    """Exactly `minimum_rows` rows are judged."""
    found = judged(samples(3, 2000, 1), samples(3, 100, 100)).verdict
    assert found.verdict is Verdict.NO_DRIFT


def test_a_small_reference_is_inconclusive() -> None:
    """The reference needs the minimum, too."""
    found = judged(samples(3, 99, 1), samples(3, 500, 100)).verdict
    assert found.reason == "NotEnoughReferenceRows"
    assert found.message == "99 of at least 100 reference rows: 1 missing"


def categories(**counts: int) -> list[str]:
    """Rows of each category."""
    return [name for name, count in counts.items() for _ in range(count)]


def test_categories_that_shift_are_drift() -> None:
    """Shares that change are covariate drift of a categorical column."""
    found = judged(
        {"a": categories(x=500, y=500)}, {"a": categories(x=200, y=50)}
    ).verdict
    assert (found.verdict, found.kinds) == (Verdict.DRIFT, (Kind.COVARIATE,))


def test_a_new_category_is_drift() -> None:
    """A category that the reference has never seen is drift from one percent on."""
    before = {"a": categories(x=6000, y=4000)}
    found = judged(before, {"a": categories(x=588, y=392, z=20)}).verdict
    assert (found.verdict, found.kinds) == (Verdict.DRIFT, (Kind.NEW_CATEGORY,))


def test_one_row_of_a_new_category_is_no_drift() -> None:
    """A typing error does not retrain a model."""
    before = {"a": categories(x=600, y=400)}
    found = judged(before, {"a": categories(x=60, y=39, z=1)}).verdict
    assert found.verdict is Verdict.NO_DRIFT


def test_many_rare_categories_are_no_drift() -> None:
    """A long tail always brings names that the reference has not seen."""
    rng = np.random.default_rng(3)
    before = [f"item{i}" for i in rng.zipf(1.6, 5000)]
    after = [f"item{i}" for i in rng.zipf(1.6, 1000)]
    assert judged({"a": before}, {"a": after}).verdict.verdict is Verdict.NO_DRIFT


def test_spelling_does_not_make_a_category() -> None:
    """Booleans, whole numbers and dictionaries are compared by one spelling."""
    before = {"a": categories(true=300, false=300), "b": categories(**{"1": 600})}
    after = {"a": [True, False] * 100, "b": [1] * 200}
    assert judged(before, after).verdict.verdict is Verdict.NO_DRIFT
    encoded = pa.array(categories(true=100, false=100)).dictionary_encode()
    found = judged({"a": before["a"]}, {"a": encoded})
    assert found.verdict.verdict is Verdict.NO_DRIFT


def test_identifiers_and_times_are_named_as_unchecked() -> None:
    """What cannot be compared is not silently passed over."""
    before = {
        "id": [str(i) for i in range(500)],
        "when": pa.array(range(500), pa.timestamp("us")),
        "a": normal(1, 500),
    }
    after = {"id": [str(-i) for i in range(200)], "a": normal(2, 200)}
    found = judged(before, after).verdict
    assert found.verdict is Verdict.NO_DRIFT
    assert set(found.findings) == {"Unchecked: id", "Unchecked: when"}
    assert found.checked == 1


def test_nothing_to_check_is_inconclusive() -> None:
    """No comparable column is not the same as no drift."""
    found = judged({"id": list("abcdefgh") * 30}, {"id": pa.nulls(0, pa.string())})
    assert found.verdict.reason == "NotEnoughRows"
    identifiers = {"id": [str(i) for i in range(500)]}
    found = judged(identifiers, identifiers)
    assert found.verdict.reason == "NothingChecked"


def test_a_critical_column_that_cannot_be_checked_is_inconclusive() -> None:
    """Silence about the column that matters most is not NoDrift."""
    before = {"id": [str(i) for i in range(500)], "a": normal(1, 500)}
    rules = (ColumnRule("id", critical=True),)
    found = judged(before, before, columns=rules).verdict
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason == "CriticalColumnUnchecked"


def test_columns_alone_need_the_minimum_of_values() -> None:
    """A column that is mostly null on both sides is unchecked, not judged on ten."""
    hole = np.arange(2000) % 50 != 0
    before = {"a": np.where(hole, np.nan, normal(1, 2000)), "b": normal(2, 2000)}
    after = {"a": np.where(hole[:500], np.nan, normal(3, 500)), "b": normal(4, 500)}
    found = judged(before, after).verdict
    assert (found.checked, found.findings) == (1, ("Unchecked: a",))
