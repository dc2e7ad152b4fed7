"""The contract between the operator and an evaluation pod."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from driftcheck.contract import Features, LogSource
from driftcheck.contract import evaluation as e

AFTER = datetime(2026, 1, 1, tzinfo=UTC)
LOG = LogSource(
    schema="ml",
    table="log",
    timestamp_column="predicted_at",
    features=Features("Columns", ("price", "age")),
    label_column="label",
)
REQUEST = e.EvaluationRequest(
    id="eval-0123456789",
    log=LOG,
    after=AFTER,
    metric=e.Metric.MEAN_ABSOLUTE_ERROR,
    champion=True,
)
ANSWER = e.EvaluationAnswer(
    id="eval-0123456789",
    rows=101,
    digest="ab" * 32,
    after=AFTER,
    until=AFTER + timedelta(days=3, microseconds=5),
    metric=e.Metric.ROC_AUC,
    champion_score=0.71,
    candidate_score=0.0,
    improvement=-0.71,
    lower=-0.8,
    upper=-0.6,
)


def test_a_request_survives_the_journey() -> None:
    """Decoding the encoded request gives an equal request."""
    text = e.encode_evaluation_request(REQUEST)
    assert e.decode_evaluation_request(text) == REQUEST


def test_an_answer_survives_the_journey() -> None:
    """Decoding the encoded answer gives an equal answer; zero stays zero."""
    assert e.decode_evaluation(e.encode_evaluation(ANSWER)) == ANSWER


@pytest.mark.parametrize("letter", ["e", "é", "\N{GRINNING FACE}", "\x01"])
def test_an_answer_fits_with_any_error(letter: str) -> None:
    """An endless error message is cut; the reason and the identity stay."""
    wordy = replace(ANSWER, error=e.CheckError("NotEnoughRows", letter * 5000))
    data = e.encode_evaluation(wordy)
    assert len(data) <= 1536
    read = e.decode_evaluation(data)
    assert read.error is not None
    assert (read.id, read.error.reason) == (ANSWER.id, "NotEnoughRows")


def test_rows_need_a_label_column() -> None:
    """Without labels there is nothing to score against."""
    value = replace(REQUEST, log=replace(LOG, label_column=None)).to_json()
    with pytest.raises(e.ContractError, match=r"log\.labelColumn: is missing"):
        e.EvaluationRequest.from_json(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("metric", "F2"),
        ("maximumRows", 100_001),
        ("maximumRows", 99),
        ("after", "2026-01-01"),
        ("id", "x" * 65),
    ],
)
def test_a_broken_request_is_refused(name: str, value: object) -> None:
    """The complaint begins with the field's name."""
    with pytest.raises(e.ContractError, match=f"^{name}: "):
        e.EvaluationRequest.from_json(REQUEST.to_json() | {name: value})


def test_the_direction_follows_from_the_metric() -> None:
    """Scores are better when higher, errors when lower."""
    assert [metric for metric in e.Metric if metric.higher_is_better] == [
        e.Metric.ROC_AUC,
        e.Metric.ACCURACY,
        e.Metric.F1,
    ]
