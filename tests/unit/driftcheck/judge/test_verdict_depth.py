"""Predictions, chance and dependence in the verdict on one window."""

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from driftcheck import contract as c
from driftcheck.arrow.conversion import dataset_from
from driftcheck.arrow.schema import reference_shape, window_shape
from driftcheck.judge.evidence import Judgement
from driftcheck.judge.verdict import judge
from driftcheck.stats import significance
from driftcheck.stats.columns import ColumnKind
from tests.unit.driftcheck.samples import (
    WINDOW,
    normal,
    reference_dataset,
    request,
    window_dataset,
)

VECTOR = c.Features("Vector", ("a", "b"), "features")


def asked(**changes: Any) -> c.CheckRequest:
    """A request for a vector of two features and a prediction beside it."""
    base = request("a", "b", **changes)
    log = replace(base.log, features=VECTOR, prediction_column="score")
    return replace(base, log=log)


def predicted(
    effect_significant: float, before: dict[str, Any], **changes: Any
) -> Judgement:
    """The judgement on calm features whose predictions moved."""
    wanted = asked(**changes)
    rows = {"a": normal(1, 2000), "b": normal(2, 2000)} | before
    table = pa.table(rows)
    shape = reference_shape(table.schema, VECTOR, "score")
    reference = dataset_from(table, shape, VECTOR)
    window = pa.table(
        {
            "features": np.stack([normal(3, 500), normal(4, 500)], axis=1).tolist(),
            "score": normal(5, 500, effect_significant),
        }
    )
    kinds = dict.fromkeys(reference.columns, ColumnKind.NUMBER)
    shape = window_shape(window.schema, VECTOR, kinds)
    return judge(wanted, WINDOW, reference, dataset_from(window, shape, VECTOR))


def test_predictions_that_drift_are_the_datasets_drift() -> None:
    """Though no feature moved: kind Prediction, and not among the checked columns."""
    found = predicted(0.5, {"score": normal(6, 2000)}).verdict
    assert (found.verdict, found.reason) == (c.Verdict.DRIFT, "PredictionDrifted")
    assert found.kinds == (c.Kind.PREDICTION,)
    assert (found.drifted, found.checked, found.percent) == (0, 2, 0)
    assert found.top_columns[0][0] == "score"
    assert found.message.startswith("predictions (score): 0.")


def test_calm_predictions_are_no_drift() -> None:
    """They are judged, and found as they were."""
    judgement = predicted(0.0, {"score": normal(6, 2000)})
    assert judgement.verdict.verdict is c.Verdict.NO_DRIFT
    assert {score.name for score in judgement.scores} == {"a", "b", "score"}


def test_a_reference_without_predictions_leaves_them_unchecked() -> None:
    """Which is said, and does not stand in the way of the features."""
    found = predicted(5.0, {}).verdict
    assert found.verdict is c.Verdict.NO_DRIFT
    assert found.findings == ("Unchecked: score",)
    assert found.checked == 2


def test_a_prediction_column_that_is_gone_is_data_quality() -> None:
    """The reference has predictions, the log should."""
    wanted = asked()
    reference = reference_dataset(a=normal(1, 500), b=normal(2, 500))
    columns = {**reference.columns, "score": reference.columns["a"]}
    reference = replace(reference, columns=columns)
    window = pa.table({"features": [[0.0, 1.0]] * 200})
    kinds = dict.fromkeys(columns, ColumnKind.NUMBER)
    shape = window_shape(window.schema, VECTOR, kinds)
    found = judge(wanted, WINDOW, reference, dataset_from(window, shape, VECTOR))
    assert found.verdict.reason == "MissingColumn"
    assert found.verdict.message.startswith("score: ")


@pytest.mark.parametrize("columns", [1, 5, 20])
def test_a_critical_column_is_seen_beside_many_others(columns: int) -> None:
    """0.3 deviations at 500 rows are found in nine of ten windows."""
    rng = np.random.default_rng(columns)
    names = [f"c{i}" for i in range(columns)]
    reference = reference_dataset(**{n: rng.normal(size=20_000) for n in names})
    rules = (c.ColumnRule("c0", critical=True),)
    wanted = request(*names, columns=rules)
    seen = 0
    for _ in range(50):
        after: dict[str, Any] = {
            n: rng.normal(0.3 * (n == "c0"), 1, 500) for n in names
        }
        window = window_dataset(reference, **after)
        verdict = judge(wanted, WINDOW, reference, window).verdict
        seen += verdict.verdict is c.Verdict.DRIFT
    assert seen >= 45


def test_one_column_that_may_have_moved_by_chance_is_said_to() -> None:
    """What marks a column is not yet enough to act on."""
    rng = np.random.default_rng(2)
    reference = reference_dataset(a=rng.normal(size=20_000))
    for _ in range(400):
        window = window_dataset(reference, a=rng.normal(0.2, 1, 200))
        found = judge(request("a"), WINDOW, reference, window).verdict
        if found.drifted and found.verdict is c.Verdict.NO_DRIFT:
            break
    assert found.message.startswith("1 of 1 columns drifted (100 %), which may be")


def series(rho: float, rows: int, seed: int, mean: float = 0.0) -> Any:
    """A first-order autoregressive series of unit deviation."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, np.sqrt(1 - rho**2), rows)
    values = np.empty(rows)
    values[0] = rng.normal()
    for i in range(1, rows):
        values[i] = rho * values[i - 1] + noise[i]
    return values + mean


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_dependence_is_measured(rho: float) -> None:
    """The correlation of following rows, by signs, whatever the scale or the tail."""
    values = series(rho, 20_000, 3)
    for some in (values, np.exp(3 * values), values * 1e-9):
        found = significance.dependence(some, np.sort(some))
        assert found == pytest.approx(rho, abs=0.04)


def in_time(values: Any, reference: Any) -> c.WindowVerdict:
    """The verdict on a window whose rows are in order."""
    known = reference_dataset(a=reference)
    window = window_dataset(known, in_time=True, a=values)
    return judge(request("a"), WINDOW, known, window).verdict


def test_dependent_rows_are_not_taken_for_drift() -> None:
    """A slow series that wanders off is Inconclusive or NoDrift, hardly ever Drift."""
    reference = series(0.9, 20_000, 1)
    found = [in_time(series(0.9, 500, 10 + seed), reference) for seed in range(100)]
    verdicts = [verdict.verdict for verdict in found]
    assert verdicts.count(c.Verdict.DRIFT) <= 4
    inconclusive = [v for v in found if v.verdict is c.Verdict.INCONCLUSIVE]
    assert {v.reason for v in inconclusive} == {"AutocorrelatedRows"}
    assert "a longer window can tell" in inconclusive[0].message


def test_a_plain_drift_of_dependent_rows_is_drift() -> None:
    """Two deviations are not explained away; the dependence is remarked upon."""
    found = in_time(series(0.9, 500, 5, 2.0), series(0.9, 20_000, 1))
    assert found.verdict is c.Verdict.DRIFT
    assert "AutocorrelatedRows: a" in found.findings


def test_a_sorted_file_is_not_taken_for_dependent_rows() -> None:
    """Where the order is not that of time it says nothing."""
    known = reference_dataset(a=normal(1, 2000))
    window = window_dataset(known, a=np.sort(normal(2, 500, 0.4)))
    found = judge(request("a"), WINDOW, known, window).verdict
    assert (found.verdict, found.findings) == (c.Verdict.DRIFT, ())


def test_how_many_rows_were_compared_is_in_the_verdict() -> None:
    """A sampled window says so, through the journey; a whole one says nothing."""
    known = reference_dataset(a=normal(1, 2000))
    window = replace(window_dataset(known, a=normal(2, 500)), rows=9000, sampled=500)
    verdict = judge(request("a"), WINDOW, known, window).verdict
    assert (verdict.rows, verdict.sampled) == (9000, 500)
    answer = c.CheckAnswer("hash", None, WINDOW.end, (verdict,))
    assert c.decode(c.encode(answer)).windows[0].sampled == 500
    whole = judge(request("a"), WINDOW, known, window_dataset(known, a=normal(2, 500)))
    assert whole.verdict.sampled is None
    assert "sampled" not in whole.verdict.to_json()


def test_the_fullest_answer_keeps_to_its_bytes() -> None:
    """Ten windows with every field filled are cut to the limit, verdicts whole."""
    names = tuple(f"a column with a long name {i}" for i in range(30))
    verdict = c.WindowVerdict(
        WINDOW.start, WINDOW.end, True, c.Verdict.DRIFT, "CriticalColumnDrifted",
        "m" * 240, 10**9, 30, 30, 100, tuple(c.Kind),
        tuple((name, 1.5) for name in names[:5]),
        tuple(f"OutOfRange: {name}" for name in names), 100_000,
    )  # fmt: skip
    length = WINDOW.end - WINDOW.start
    windows = tuple(
        replace(verdict, start=WINDOW.start + i * length, end=WINDOW.end + i * length)
        for i in range(10)
    )
    data = c.encode(c.CheckAnswer("ab" * 32, "cd" * 32, WINDOW.end, windows))
    assert len(data) <= c.ANSWER_LIMIT
    found = c.decode(data)
    assert [(w.verdict, w.rows, w.drifted) for w in found.windows] == [
        (c.Verdict.DRIFT, 10**9, 30)
    ] * 10
