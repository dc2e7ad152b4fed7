"""The order of rules as a truth table: of two that apply, the earlier one decides."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import pytest

from driftcheck import contract as c
from driftcheck.contract.reasons import Reason, ReasonGroup
from driftcheck.errors import CheckFailure
from driftcheck.judge import rules
from driftcheck.judge.column_score import ColumnScore
from driftcheck.judge.evidence import (
    EffectiveRows,
    Evidence,
    Judgement,
    SegmentResults,
)
from driftcheck.judge.verdict import conclude
from driftcheck.stats.columns import Finding
from tests.unit.driftcheck.samples import WINDOW, request

RULE = c.PerformanceRule(c.Metric.ACCURACY, minimum=0.8)
REQUEST = request("a", "b", "c", performance=RULE)
CALM = ColumnScore("a", 0.01, 0.1, 0.5, False, ())
INDEPENDENT = {name: EffectiveRows(500, 500) for name in ("a", "b", "c", "p")}
NOTHING = Evidence(
    500, 5000, scores=(CALM,), lowered_scores=(CALM,), effective_rows=INDEPENDENT
)
DRIFTED = replace(
    CALM,
    name="b",
    effect=0.5,
    kinds=(c.Kind.COVARIATE,),
    p_value=1e-9,
    standalone_p_value=1e-9,
)
DECISIVE = replace(DRIFTED, name="p", prediction=True, kinds=(c.Kind.PREDICTION,))
POSSIBLE = replace(CALM, name="c", effect=0.3, inconclusive=True, dependence=0.9)
DROPPED = c.Performance(
    *(WINDOW.start, WINDOW.end, c.Metric.ACCURACY, 500, 400, 0.7, 0.65, 0.75),
    verdict=c.Verdict.DRIFT,
)
Change = Callable[[Evidence], Evidence]


def drifted_segment() -> SegmentResults:
    """Return the results of one segment, which drifted."""
    evidence = replace(NOTHING, scores=(DRIFTED,), segment=True)
    judged = (("country=DE", conclude(REQUEST, WINDOW, evidence)),)
    return SegmentResults("country", judged)


TABLE: tuple[tuple[rules.Rule, c.Verdict, Reason, Change], ...] = (
    (
        rules.window_unreadable,
        c.Verdict.ERROR,
        Reason.LOG_TIMEOUT,
        lambda e: replace(e, failure=CheckFailure(Reason.LOG_TIMEOUT, "120 s")),
    ),
    (
        rules.reference_changed,
        c.Verdict.DATA_QUALITY,
        Reason.REFERENCE_CHANGED,
        lambda e: replace(e, changed_reference="ab" * 32),
    ),
    (
        rules.data_broken,
        c.Verdict.DATA_QUALITY,
        Reason.ALL_NULL,
        lambda e: replace(e, findings=(Finding(Reason.ALL_NULL, "a", "only nulls"),)),
    ),
    (
        rules.too_few_rows,
        c.Verdict.INCONCLUSIVE,
        Reason.NOT_ENOUGH_ROWS,
        lambda e: replace(e, rows=99),
    ),
    (
        rules.too_few_reference_rows,
        c.Verdict.INCONCLUSIVE,
        Reason.NOT_ENOUGH_REFERENCE_ROWS,
        lambda e: replace(e, reference_rows=99),
    ),
    (
        rules.nothing_compared,
        c.Verdict.INCONCLUSIVE,
        Reason.NOTHING_CHECKED,
        lambda e: replace(e, scores=()),
    ),
    (
        rules.critical_column_not_compared,
        c.Verdict.INCONCLUSIVE,
        Reason.CRITICAL_COLUMN_UNCHECKED,
        lambda e: e,  # the request makes it apply, see `request_for`
    ),
    (
        rules.segment_drift_unsupported,
        c.Verdict.INCONCLUSIVE,
        Reason.AUTOCORRELATED_ROWS,
        lambda e: replace(
            e,
            segment=True,
            scores=(*e.scores, DRIFTED),
            effective_rows=dict.fromkeys(INDEPENDENT, EffectiveRows(20, 500)),
        ),
    ),
    (
        rules.decisive_column_drifted,
        c.Verdict.DRIFT,
        Reason.PREDICTION_DRIFTED,
        lambda e: replace(e, scores=(*e.scores, DECISIVE)),
    ),
    (
        rules.enough_columns_drifted,
        c.Verdict.DRIFT,
        Reason.COLUMNS_DRIFTED,
        lambda e: replace(e, scores=(*e.scores, DRIFTED)),
    ),
    (
        rules.segment_drifted,
        c.Verdict.DRIFT,
        Reason.SEGMENT_DRIFTED,
        lambda e: replace(e, segments=drifted_segment()),
    ),
    (
        rules.performance_dropped,
        c.Verdict.DRIFT,
        Reason.PERFORMANCE_DROPPED,
        lambda e: replace(e, performance=DROPPED),
    ),
    (rules.no_drift, c.Verdict.NO_DRIFT, Reason.NO_DRIFT, lambda e: e),
)
# The row of this rule stands apart: it yields to drift that other columns establish.
APART = rules.drift_prevented_by_autocorrelation


def request_for(rule: rules.Rule) -> c.CheckRequest:
    """Return the request; one rule needs a critical column that is not compared."""
    if rule is rules.critical_column_not_compared:
        return replace(REQUEST, columns=(c.ColumnRule("c", critical=True),))
    return REQUEST


def test_the_table_has_every_rule_in_its_order() -> None:
    """A rule that is added or moved must be added or moved here."""
    in_table = [row[0] for row in TABLE[:-1]]
    assert [rule for rule in rules.RULES if rule is not APART] == in_table
    assert APART in rules.RULES


def test_the_rules_are_in_the_order_of_verdicts() -> None:
    """Error, DataQuality, Inconclusive, Drift, NoDrift: no rule is out of line."""
    order = list(c.Verdict)
    places = [order.index(verdict) for _, verdict, _, _ in TABLE]
    assert places == sorted(places)
    before = rules.RULES.index(rules.critical_column_not_compared)
    after = rules.RULES.index(rules.segment_drift_unsupported)
    assert before < rules.RULES.index(APART) < after


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0].__name__)
def test_each_rule_decides_alone(
    row: tuple[rules.Rule, c.Verdict, Reason, Change],
) -> None:
    """With nothing else wrong, its verdict and reason are those of the table."""
    rule, verdict, reason, change = row
    decision = rules.decide(request_for(rule), change(NOTHING))
    assert (decision.verdict, decision.reason) == (verdict, reason)


@pytest.mark.parametrize(
    ("earlier", "later"),
    list(combinations(TABLE, 2)),
    ids=lambda row: row[0].__name__,
)
def test_of_two_rules_the_earlier_one_decides(
    earlier: tuple[rules.Rule, c.Verdict, Reason, Change],
    later: tuple[rules.Rule, c.Verdict, Reason, Change],
) -> None:
    """Whatever both conditions are, the order of the table is the order of verdicts."""
    rule, verdict, reason, change = earlier
    decision = rules.decide(request_for(rule), change(later[3](NOTHING)))
    assert (decision.verdict, decision.reason) == (verdict, reason)


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ((), Reason.AUTOCORRELATED_ROWS),
        ((DECISIVE,), Reason.PREDICTION_DRIFTED),
        ((DRIFTED,), Reason.COLUMNS_DRIFTED),
    ],
)
def test_autocorrelation_prevents_no_drift_that_other_columns_establish(
    others: tuple[ColumnScore, ...], reason: Reason
) -> None:
    """A column that may have drifted makes NoDrift Inconclusive, but not Drift."""
    evidence = replace(NOTHING, scores=(CALM, POSSIBLE, *others))
    assert rules.decide(REQUEST, evidence).reason is reason


@pytest.mark.parametrize("change", [TABLE[-3][3], TABLE[-2][3]])
def test_autocorrelation_comes_before_segments_and_performance(change: Change) -> None:
    """Inconclusive comes before Drift that the columns do not establish."""
    evidence = change(replace(NOTHING, scores=(CALM, POSSIBLE)))
    assert rules.decide(REQUEST, evidence).reason is Reason.AUTOCORRELATED_ROWS


def test_every_kind_of_drift_is_in_the_message_of_another() -> None:
    """Segments and performance are described beside a drift of columns."""
    evidence = replace(
        NOTHING, scores=(DRIFTED,), segments=drifted_segment(), performance=DROPPED
    )
    verdict = conclude(REQUEST, WINDOW, evidence).verdict
    assert verdict.reason is Reason.COLUMNS_DRIFTED
    assert verdict.kinds == (c.Kind.COVARIATE, c.Kind.PERFORMANCE)
    assert "; country=DE: 1 of 1 columns drifted" in verdict.message
    assert "; Accuracy 0.7, 95 % interval 0.65 to 0.75, below" in verdict.message


def test_every_verdict_reason_belongs_to_a_group_of_its_verdict() -> None:
    """The reference page lists a reason under the verdict that the table gives it."""
    for _, verdict, reason, _ in TABLE:
        assert reason.group == f"Verdict {verdict}"
    assert {group.value for group in ReasonGroup} >= {f"Verdict {v}" for v in c.Verdict}


def test_a_judgement_keeps_its_evidence() -> None:
    """What a report shows of a verdict is what decided it."""
    judgement = conclude(REQUEST, WINDOW, NOTHING)
    assert isinstance(judgement, Judgement)
    assert judgement.scores == NOTHING.scores
