"""What is observed: Git, the registry, Jobs and their answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from driftcheck.contract import (
    ANSWER_LIMIT,
    CheckAnswer,
    CheckError,
    ContractError,
    Kind,
    Verdict,
    WindowVerdict,
    encode,
)
from driftcheck.contract.evaluation import (
    EvaluationAnswer,
    Metric,
    encode_evaluation,
)
from killick.gitops.port import CommitInfo, GitState, Refusal
from killick.names import TAG_EVALUATION
from killick.plan.facts import (
    Failure,
    JobFact,
    Unknown,
)
from killick.registry.port import RegistryState, VersionFacts
from tests.unit.plan import builders as b
from tests.unit.plan.value_strategies import (
    CLEAN,
    IDS,
    REASONS,
    VALUES,
    VERSIONS,
    big,
    maybe,
    text,
    times,
)

# Observations.
unknown = st.builds(Unknown, REASONS, text)


commit = st.builds(
    CommitInfo, st.just("c0ffee" * 6), text, text, text, st.just(1_700_000_000)
)


git_state = st.builds(
    GitState,
    head=st.sampled_from(["head", "base"]),
    value=VALUES,
    last_change=maybe(commit),
    trace=maybe(st.just("c0ffee")),
    trace_complete=st.booleans(),
)


refused = st.builds(
    lambda message, trace: GitState(
        "head", None, Refusal("KeyMissing", message), None, trace
    ),
    text,
    maybe(st.just("c0ffee")),
)


CUT_OFFS = ["2026-02-01T00:00:00Z", "soon", "0001-01-01T00:00:00+14:00", "x" * 4096]


version_facts = st.builds(
    b.version,
    VERSIONS,
    stage=st.sampled_from(["None", "Staging", "Production"]),
    tags=st.sampled_from([{}, {TAG_EVALUATION: "e1"}, {TAG_EVALUATION: "e2"}]),
    train_before=maybe(st.sampled_from(CUT_OFFS)),
    reference_uri=maybe(st.sampled_from(["s3://other", "s3://" + "x" * 4000])),
    reference_sha256=maybe(st.sampled_from([b.SHA, "ABC", "x" * 4000])),
    image=maybe(st.just("image:1")),
)


def _registry(found: list[VersionFacts], **facts: Any) -> RegistryState:
    return RegistryState(versions={v.version: v for v in found}, **facts)


registry_state = st.builds(
    _registry,
    st.lists(version_facts, max_size=4),
    model_exists=st.sampled_from([True, True, True, False]),
    champion=maybe(VERSIONS),
    candidate=maybe(VERSIONS),
    attempt_versions=st.lists(VERSIONS, max_size=2).map(tuple),
    attempt_search_complete=st.booleans(),
)


likely_registry = st.sampled_from(
    [
        b.registry(),
        b.marked(),
        b.registry(champion="2"),
        b.registry(attempt_versions=("2",)),
    ]
)


likely_git = st.sampled_from(
    [b.git(), b.git(), b.git(b.TWO), b.git(b.TWO, trace="c0ffee")]
)


window_verdict = st.builds(
    WindowVerdict,
    start=times,
    end=times,
    counting=st.booleans(),
    verdict=st.sampled_from(Verdict),
    reason=st.sampled_from(["ColumnsDrifted", "NotEnoughRows"]),
    message=CLEAN,
    rows=big,
    drifted=big,
    checked=big,
    percent=big,
    kinds=st.lists(st.sampled_from(Kind), max_size=12).map(tuple),
    top_columns=st.lists(
        st.tuples(st.sampled_from(["price", "y" * 400]), st.floats(0, 1)), max_size=3
    ).map(tuple),
)


scores = maybe(st.floats(allow_nan=False, allow_infinity=False))


evaluation_answer = st.builds(
    EvaluationAnswer,
    id=IDS,
    rows=big,
    digest=maybe(st.just("d" * 400)),
    metric=maybe(st.sampled_from(Metric)),
    champion_score=scores,
    candidate_score=scores,
    improvement=scores,
    lower=scores,
    upper=scores,
    error=maybe(st.just(CheckError("NotEnoughRows", "60 missing"))),
)


def _encoded(made: CheckAnswer) -> str:
    try:
        return encode(made, limit=4096).decode()
    except ContractError:
        return "x" * ANSWER_LIMIT


@st.composite
def check_answer(draw: st.DrawFn, fingerprint: str) -> str:
    """Return a check's termination message, for this or for another question."""
    made = CheckAnswer(
        request_fingerprint=draw(st.sampled_from([fingerprint, fingerprint, "other"])),
        reference_sha256=draw(maybe(st.sampled_from([b.SHA, "z" * 900]))),
        judged_at=b.NOW,
        windows=tuple(draw(st.lists(window_verdict, max_size=5))),
        error=draw(maybe(st.just(CheckError("Broken", "why")))),
    )
    return _encoded(made)


@st.composite
def job(draw: st.DrawFn, name: str, fingerprint: str) -> JobFact:
    """Return a Job of this name in any state, with any answer or none."""
    state = draw(st.sampled_from(["Running", "Succeeded", "Failed"]))
    answers = st.one_of(
        st.just("not JSON"),
        st.just('{"contract":"driftcheck.killick.dev/v1","spec":"\\ud800"}'),
        check_answer(fingerprint),
        evaluation_answer.map(lambda a: encode_evaluation(a).decode()),
    )
    made = b.job(name, state, owned=draw(st.sampled_from([True, True, True, False])))
    ended = None if state == "Running" else draw(times)
    return replace(
        made,
        created_at=draw(times),
        finished_at=ended,
        answer=draw(maybe(answers)),
        reason=draw(maybe(st.sampled_from(["OOMKilled", "R" * 500]))),
        detail=draw(maybe(text)),
    )


failure = st.builds(Failure, st.integers(0, 99), times, REASONS, text)
