"""The comparison of two versions: metrics, interval, and what is refused."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from driftcheck.arrow.json_values import plain
from driftcheck.contract import Features, LogSource
from driftcheck.contract.evaluation import (
    CANDIDATE_FILE,
    CHAMPION_FILE,
    LABELS_FILE,
    ROWS_FILE,
    EvaluationAnswer,
    EvaluationDirectories,
    EvaluationRequest,
    Metric,
    decode_evaluation,
    encode_evaluation_request,
)
from driftcheck.evaluation.rows import LabeledRows, write_rows
from driftcheck.evaluation.steps import run_step
from driftcheck.stats.metrics import definition_of
from tests.unit.driftcheck.evaluation_samples import errors

AFTER = datetime(2026, 1, 1, tzinfo=UTC)
LOG = LogSource(
    schema="ml",
    table="log",
    timestamp_column="at",
    features=Features("Columns", ("a", "b")),
    label_column="label",
)


def score(metric: Metric, labels: Any, predictions: Any) -> float:
    """The plain score, every row once."""
    sides = np.array(labels, float), np.array(predictions, float)
    once = np.ones((1, sides[0].size))
    return float(definition_of(metric).scorer(*sides)(once)[0])


@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 9)), min_size=2, max_size=60
    ).filter(lambda rows: len({label for label, _ in rows}) == 2)
)
def test_roc_auc_matches_mann_whitney(rows: list[tuple[int, int]]) -> None:
    """The area is SciPy's U statistic over all pairs, ties counted half."""
    labels, found = np.array(rows, float).T
    pairs = stats.mannwhitneyu(found[labels == 1], found[labels == 0])
    expected = pairs.statistic / ((labels == 1).sum() * (labels == 0).sum())
    assert score(Metric.ROC_AUC, labels, found) == pytest.approx(expected)


def test_the_other_metrics_are_their_formulas() -> None:
    """Three rows whose scores can be worked out by head."""
    assert score(Metric.ACCURACY, [1, 0, 1, 1], [1, 0, 0, 1]) == 0.75
    assert score(Metric.MEAN_ABSOLUTE_ERROR, [1, 2, 3], [1, 4, 7]) == 2
    assert score(Metric.ROOT_MEAN_SQUARED_ERROR, [0, 0], [3, 4]) == pytest.approx(
        np.sqrt(12.5)
    )


@pytest.mark.parametrize("metric", list(Metric))
def test_a_weight_is_a_repetition(metric: Metric) -> None:
    """A row of weight two scores like the row written twice."""
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 2, 40).astype(float)
    found = rng.integers(0, 4, 40).astype(float)
    weights = rng.integers(0, 4, (1, 40)).astype(float)
    repeat = weights[0].astype(int)
    expected = score(metric, np.repeat(labels, repeat), np.repeat(found, repeat))
    assert definition_of(metric).scorer(labels, found)(weights)[0] == pytest.approx(
        expected
    )


def places_in(directory: Path) -> EvaluationDirectories:
    """Return all that the containers share, in one directory."""
    return EvaluationDirectories(*[str(directory)] * 4)


def write(
    directory: Path,
    labels: list[Any],
    champion: Any,
    candidate: Any,
    *,
    has_champion: bool = True,
    **changes: Any,
) -> EvaluationRequest:
    """The files of an evaluation as its containers leave them, and its request."""
    request = EvaluationRequest(
        id="e1",
        log=LOG,
        after=AFTER,
        metric=Metric.MEAN_ABSOLUTE_ERROR,
        champion=has_champion,
        minimum_rows=10,
        directories=places_in(directory),
    )
    request = replace(request, **changes)
    times = [AFTER + timedelta(hours=1 + i) for i in range(len(labels))]
    data: list[list[Any]] = [[i, None] for i in range(len(labels))]
    write_rows(request, LabeledRows(("a", "b"), data, labels, times))
    for name, value in ((CHAMPION_FILE, champion), (CANDIDATE_FILE, candidate)):
        if value is not None:
            (directory / name).write_text(json.dumps({"predictions": value}))
    return request


def compared(
    directory: Path, request: EvaluationRequest, code: int = 0
) -> EvaluationAnswer:
    """The answer of the step, read as the operator reads it."""
    message = directory / "message"
    environment: Mapping[str, str] = {
        "DRIFTCHECK_EVALUATION": encode_evaluation_request(request),
        "TERMINATION_LOG_PATH": str(message),
    }
    assert run_step("compare", environment) == code
    return decode_evaluation(message.read_bytes())


@pytest.mark.parametrize(
    "metric", [Metric.MEAN_ABSOLUTE_ERROR, Metric.ROOT_MEAN_SQUARED_ERROR]
)
def test_a_lower_error_is_an_improvement(tmp_path: Path, metric: Metric) -> None:
    """The difference is positive where the candidate's error is smaller."""
    labels, champion, candidate = errors(1, 400, 2.0)
    request = write(
        tmp_path, labels.tolist(), champion.tolist(), candidate.tolist(), metric=metric
    )
    answer = compared(tmp_path, request)
    assert answer.error is None
    assert answer.champion_score is not None
    assert answer.candidate_score is not None
    assert answer.improvement == pytest.approx(
        answer.champion_score - answer.candidate_score
    )
    assert answer.lower is not None
    assert answer.upper is not None
    assert 0 < answer.lower < (answer.improvement or 0) < answer.upper
    assert (answer.rows, answer.after) == (400, AFTER)
    assert answer.until == AFTER + timedelta(hours=400)


@pytest.mark.parametrize("metric", [Metric.ROC_AUC, Metric.ACCURACY])
def test_a_higher_score_is_an_improvement(tmp_path: Path, metric: Metric) -> None:
    """The difference is positive where the candidate's score is higher."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 300).tolist()
    coin = rng.integers(0, 2, 300).tolist()
    answer = compared(tmp_path, write(tmp_path, labels, coin, labels, metric=metric))
    assert answer.candidate_score == 1
    assert answer.lower is not None
    assert answer.lower > 0.3


def test_equal_versions_are_a_tie(tmp_path: Path) -> None:
    """The same predictions differ by exactly zero, in every resample."""
    labels, champion, _ = errors(1, 100, 1.0)
    request = write(tmp_path, labels.tolist(), champion.tolist(), champion.tolist())
    answer = compared(tmp_path, request)
    assert (answer.improvement, answer.lower, answer.upper) == (0, 0, 0)


def test_without_a_champion_there_is_no_difference(tmp_path: Path) -> None:
    """The candidate's score stands alone; the difference is none, not zero."""
    request = write(tmp_path, [1.0] * 20, None, [2.0] * 20, has_champion=False)
    answer = compared(tmp_path, request)
    assert answer.candidate_score == 1
    assert (answer.champion_score, answer.improvement, answer.lower) == (None,) * 3


@pytest.mark.parametrize(
    "wrapped",
    [[[0.5]] * 20, [{"0": 0.5}] * 20, [0.5] * 20],
    ids=["list", "map", "flat"],
)
def test_predictions_may_come_wrapped(tmp_path: Path, wrapped: Any) -> None:
    """MLflow writes frames as objects and matrices as lists."""
    request = write(tmp_path, [1.0] * 20, None, wrapped, has_champion=False)
    assert compared(tmp_path, request).candidate_score == 0.5


def test_class_probabilities_count_by_the_second_class(tmp_path: Path) -> None:
    """For the area under the curve [p0, p1] means p1."""
    labels = [0, 1] * 10
    found = [[1 - label, label] for label in labels]
    request = write(
        tmp_path, labels, None, found, has_champion=False, metric=Metric.ROC_AUC
    )
    assert compared(tmp_path, request).candidate_score == 1


def test_text_labels_can_be_counted(tmp_path: Path) -> None:
    """Accuracy needs no numbers; an unknown label is simply wrong."""
    labels = ["yes", "no"] * 10
    found = ["yes", "what"] * 10
    request = write(
        tmp_path, labels, None, found, has_champion=False, metric=Metric.ACCURACY
    )
    assert compared(tmp_path, request).candidate_score == 0.5


LABELS = [float(i) for i in range(20)]


@pytest.mark.parametrize(
    ("champion", "candidate", "changes", "reason"),
    [
        (LABELS, None, {}, "ScoresMissing"),
        (None, LABELS, {}, "ScoresMissing"),
        (LABELS, LABELS[:-1], {}, "RowMismatch"),
        (LABELS, [*LABELS[:-1], None], {}, "NotANumber"),
        (LABELS, [*LABELS[:-1], float("nan")], {}, "NotANumber"),
        (LABELS, [*LABELS[:-1], "x"], {}, "NotANumber"),
        (LABELS, LABELS, {"metric": Metric.ROC_AUC}, "LabelsNotBinary"),
        (LABELS, LABELS, {"minimum_rows": 21}, "NotEnoughRows"),
    ],
)
def test_what_cannot_be_compared_is_said(
    tmp_path: Path, champion: Any, candidate: Any, changes: dict[str, Any], reason: str
) -> None:
    """Each is an answer with an error and no scores; the pod succeeds."""
    request = write(tmp_path, LABELS, champion, candidate, **changes)
    answer = compared(tmp_path, request)
    assert answer.error is not None
    assert answer.error.reason == reason
    assert (answer.candidate_score, answer.improvement) == (None, None)


def test_labels_of_one_class_have_no_area(tmp_path: Path) -> None:
    """Without negatives there is no pair to rank."""
    ones = [1] * 20
    request = write(tmp_path, ones, ones, ones, metric=Metric.ROC_AUC)
    answer = compared(tmp_path, request)
    assert answer.error is not None
    assert answer.error.reason == "OneClass"


@pytest.mark.parametrize("name", [ROWS_FILE, LABELS_FILE])
def test_rows_that_were_tampered_with_are_refused(tmp_path: Path, name: str) -> None:
    """The training image runs beside the files; the digest proves them untouched."""
    request = write(tmp_path, LABELS, LABELS, LABELS)
    path = tmp_path / name
    path.write_text(path.read_text().replace("19", "18"))
    answer = compared(tmp_path, request)
    assert answer.error is not None
    assert answer.error.reason == "RowsChanged"


def test_missing_rows_are_said(tmp_path: Path) -> None:
    """A directory that `rows` never wrote is no empty evaluation."""
    request = write(tmp_path, LABELS, LABELS, LABELS)
    elsewhere = replace(request, directories=places_in(tmp_path / "other"))
    answer = compared(tmp_path, elsewhere)
    assert answer.error is not None
    assert answer.error.reason == "RowsMissing"


def test_a_broken_request_exits_with_2(tmp_path: Path) -> None:
    """The answer says which field is wrong."""
    message = tmp_path / "message"
    environment = {
        "DRIFTCHECK_EVALUATION": "{}",
        "TERMINATION_LOG_PATH": str(message),
    }
    assert run_step("rows", environment) == 2
    error = decode_evaluation(message.read_bytes()).error
    assert error is not None
    assert error.reason == "BadRequest"


def test_the_rows_file_is_what_mlflow_predicts_from(tmp_path: Path) -> None:
    """A frame in split form, and the same bytes for the same rows."""
    write(tmp_path, [1.0, 0.0], None, None)
    first = (tmp_path / ROWS_FILE).read_bytes()
    assert json.loads(first) == {
        "dataframe_split": {"columns": ["a", "b"], "data": [[0, None], [1, None]]}
    }
    write(tmp_path, [1.0, 0.0], None, None)
    assert (tmp_path / ROWS_FILE).read_bytes() == first


def test_values_become_plain() -> None:
    """JSON knows no NaN and no infinity; booleans are the labels 0 and 1."""
    values = [True, 3, 1.5, float("nan"), float("inf"), None, "x"]
    assert [plain(v) for v in values] == [1, 3, 1.5, None, None, None, "x"]
