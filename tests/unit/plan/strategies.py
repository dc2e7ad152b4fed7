"""Any spec, status and observation, also ones that contradict each other.

IDs, versions and names come from small pools, so that tracks often meet facts that
match; texts include those that only a hostile or careless writer would send.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
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
from killick.names import ANNOTATION_CHECK, ANNOTATION_RELEASE, TAG_EVALUATION
from killick.plan import effects
from killick.plan.context import Context
from killick.plan.facts import (
    Children,
    Failure,
    JobFact,
    ObjectFacts,
    Observation,
    TrainingTemplate,
    Unknown,
)
from killick.plan.requests.check import check_effect, request_fingerprint
from killick.registry.port import RegistryState, VersionFacts
from killick.resource import status as model
from killick.resource.drift_status import DriftStatus, PerformanceStatus, Window
from killick.resource.fingerprint import window_fingerprint
from killick.resource.parse import parse_spec
from killick.resource.spec import Spec
from tests.fakes.world import spec as raw_spec
from tests.unit.plan import builders as b

EMOJI = "\N{GRINNING FACE}"
TEXTS = (
    "",
    "fine",
    "x" * 1024,
    EMOJI * 700,
    'a "quote" \\',
    "line\nbreak\x00",
    "\ud800",
)
IDS = st.sampled_from(["a1", "a2", "e1", "e2", "ep1", "p1", "h1"])
VERSIONS = st.sampled_from(["1", "2", "3", "9" * 18])
VALUES = st.sampled_from([b.ONE, b.TWO, b.THREE, "models:/ranger/x", "latest", ""])
REASONS = st.sampled_from(["NotEnoughRows", "Drift", "OOMKilled", "R" * 60])
times = st.integers(-20_000, 200).map(lambda n: b.NOW + timedelta(minutes=n))
text = st.sampled_from(TEXTS)
CLEAN = st.sampled_from([t for t in TEXTS if t.isprintable()])
counts = st.one_of(st.none(), st.sampled_from([0, 1, 100, 2**31 - 1]))
big = st.one_of(counts, st.just(10**30))
JOBS = tuple(
    [b.NAME.training_job(i) for i in ("a1", "a2")]
    + [b.NAME.evaluation_job(i) for i in ("e1", "e2")]
    + ["ranger-check-1", "ranger-check-2"]
)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return the strategy, or None."""
    return st.one_of(st.none(), strategy)


def mostly(
    usual: st.SearchStrategy[Any], odd: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    """Return the usual thing three times of four: deep states need many in a row."""
    return st.integers(0, 3).flatmap(lambda n: odd if n == 3 else usual)


# Statuses: whatever the CRD lets somebody store.
window = st.builds(
    Window,
    start=times,
    end=times,
    verdict=st.sampled_from([*map(str, Verdict), "Novel"]),
    reason=REASONS,
    message=CLEAN,
    rows=counts,
)
performance_status = st.builds(
    PerformanceStatus,
    metric=st.just("Accuracy"),
    start=times,
    end=times,
    reason=maybe(REASONS),
    verdict=maybe(st.sampled_from([*map(str, Verdict), "Novel"])),
    borderline=maybe(st.booleans()),
    message=CLEAN,
)
drift_status = st.builds(
    DriftStatus,
    performance=maybe(performance_status),
    performance_windows=st.lists(performance_status, max_size=10).map(tuple),
    window_fingerprint=maybe(st.just(window_fingerprint(b.a_spec()))),
    anchor=maybe(times),
    windows=st.lists(window, max_size=10).map(tuple),
    verdict=maybe(st.sampled_from([*map(str, Verdict), "Novel"])),
    reason=maybe(REASONS),
    message=maybe(CLEAN),
    percent=counts,
    top_columns=maybe(st.just("price 0.41")),
    last_check=maybe(st.sampled_from(JOBS)),
    last_check_time=maybe(times),
    requested=maybe(st.sampled_from(JOBS)),
)
versions = st.builds(
    model.Versions, maybe(VERSIONS), maybe(VERSIONS), maybe(VERSIONS), maybe(VERSIONS)
)
episode = st.builds(
    model.Episode,
    id=IDS,
    opened_at=times,
    reason=REASONS,
    message=CLEAN,
    closed_at=maybe(times),
    outcome=maybe(st.just("Cleared")),
)
attempt = st.builds(
    model.Attempt,
    id=IDS,
    episode=IDS,
    state=st.sampled_from(
        ["Intended", "Running", "Registered", "Failed", "Rejected", "Promoted", "Odd"]
    ),
    started_at=times,
    champion=maybe(VERSIONS),
    job=maybe(st.sampled_from(JOBS)),
    version=maybe(VERSIONS),
    message=maybe(CLEAN),
)
past = st.builds(
    model.PastAttempt,
    id=IDS,
    episode=IDS,
    started_at=times,
    outcome=st.sampled_from(["InFlight", "Rejected", "Failed"]),
)
POLICY = st.sampled_from([b.a_spec().fingerprint("evaluation"), "other"])
evaluation = st.builds(
    model.Evaluation,
    id=IDS,
    attempt=IDS,
    candidate=VERSIONS,
    state=st.sampled_from(
        ["Intended", "Running", "Waiting", "Passed", "Rejected", "Inconclusive", "Odd"]
    ),
    started_at=times,
    number=st.integers(1, 50),
    failures=st.integers(0, 4),
    policy=maybe(POLICY),
    champion=maybe(VERSIONS),
    not_before=maybe(times),
    finished_at=maybe(times),
    message=maybe(CLEAN),
)
TARGET = st.sampled_from([b.a_spec().fingerprint("model", "promotion"), "other"])
promotion = st.builds(
    model.Promotion,
    id=IDS,
    state=st.sampled_from(
        ["Proposed", "Landed", "Deployed", "Done", "Superseded", "Reverted", "Odd"]
    ),
    version=VERSIONS,
    from_value=VALUES,
    to_value=VALUES,
    base=st.just("base"),
    target=TARGET,
    proposed_at=times,
    previous=maybe(VERSIONS),
    evaluation=maybe(IDS),
    commit=maybe(st.just("c0ffee")),
    message=maybe(CLEAN),
)
hold = st.builds(model.Hold, id=IDS, reason=REASONS, message=CLEAN, since=times)
condition = st.builds(
    model.Condition,
    type=st.sampled_from(["Ready", "Adopted", "Held", "Novel"]),
    status=st.sampled_from(["True", "False", "Unknown"]),
    reason=REASONS,
    message=CLEAN,
    last_transition_time=times,
)
conditions = st.lists(condition, max_size=3, unique_by=lambda c: c.type).map(tuple)
pin = st.builds(
    model.ReferencePin,
    uri=st.sampled_from(["s3://models/ranger.parquet", "s3://other"]),
    sha256=maybe(st.just(b.SHA)),
    version=maybe(VERSIONS),
)
requests = st.builds(model.Requests, maybe(IDS), maybe(IDS))
status = st.builds(
    model.Status,
    observed_generation=st.integers(-1, 3),
    versions=versions,
    reference=maybe(pin),
    drift=drift_status,
    adopted_at=maybe(times),
    episode=maybe(episode),
    attempt=maybe(attempt),
    attempts=st.lists(past, max_size=10).map(tuple),
    evaluation=maybe(evaluation),
    promotion=maybe(promotion),
    hold=maybe(hold),
    requests=requests,
    conditions=conditions,
)
# Consistent ones too, or the deep states would hardly be met.
LIKELY = [
    b.adopted(),
    b.adopted(drift=b.drifted()),
    b.adopted(drift=b.drifted(), episode=b.episode()),
    b.trying("Intended"),
    b.trying("Running"),
    b.trying("Registered"),
    *(b.comparing(s) for s in ("Intended", "Running", "Waiting", "Passed")),
    *(b.promoting(s) for s in ("Proposed", "Landed", "Deployed", "Done")),
]
any_status = mostly(st.sampled_from([model.Status(), *LIKELY]), status)


# Specs: raw, as the API server hands them over; parse_spec may refuse them.
POINTER = {"valuesPath": "values.yaml", "jsonPointer": "/model/uri"}
any_git = st.fixed_dictionaries(
    {
        "url": st.just("https://git.example/gitops.git"),
        "value": st.sampled_from(
            ["models:/{model}/{version}", "v{version}", "{model}" * 40 + "{version}"]
        ),
    }
).map(lambda found: {**found, **POINTER})
DURATIONS = st.sampled_from(
    ["0s", "60s", "24h", "168h", "999999h999999m", "9" * 30 + "h"]
)
raw = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(["Observe", "Recommend", "Act", "Act", "Act"]),
        "suspend": st.sampled_from([False, False, False, True]),
        "drift": st.fixed_dictionaries(
            {
                "schedule": st.sampled_from(
                    [
                        "* * * * *",
                        "@hourly",
                        "@daily",
                        "0 0 30 2 *",
                        "nonsense",
                        "99 * * * *",
                    ]
                ),
                "timeZone": st.sampled_from(
                    ["UTC", "Europe/Berlin", "Europe", "../etc"]
                ),
                "window": DURATIONS,
                "significance": st.sampled_from(["0.05", "many"]),
                "persistence": st.fixed_dictionaries(
                    {"breaches": st.integers(0, 11), "windows": st.integers(0, 11)}
                ),
            }
        ),
        "retraining": maybe(
            st.fixed_dictionaries(
                {
                    "job": st.just({"cronJobRef": {"name": "train"}}),
                    "cooldown": DURATIONS,
                    "budget": st.fixed_dictionaries(
                        {"attempts": st.integers(0, 10), "per": DURATIONS}
                    ),
                    "timeout": DURATIONS,
                }
            )
        ),
        "evaluation": maybe(
            st.fixed_dictionaries(
                {
                    "metric": st.just({"name": "MeanAbsoluteError"}),
                    "minimumImprovement": st.sampled_from(["0", "0.1", "x"]),
                    "timeout": DURATIONS,
                }
            )
        ),
        "promotion": maybe(st.fixed_dictionaries({"git": any_git})),
    }
)
wild_specs = raw.map(lambda changes: raw_spec(**changes))
RAW_CALM: dict[str, Any] = {"mode": "Act", "suspend": False}
tame_changes = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(["Observe", "Recommend", "Act", "Act", "Act"]),
        "suspend": st.sampled_from([False, False, False, True]),
    },
    optional={
        "retraining": st.none(),
        "promotion": st.none(),
        "drift": st.just({"schedule": "@hourly", "window": "24h"}),
    },
)
tame_specs = mostly(st.just(RAW_CALM), tame_changes).map(
    lambda changes: parse_spec(raw_spec(**changes))
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
requested: st.SearchStrategy[dict[str, str]] = st.fixed_dictionaries(
    {},
    optional={
        ANNOTATION_CHECK: st.sampled_from(["now", "", "t" * 2000, "\ud800"]),
        ANNOTATION_RELEASE: st.sampled_from(["h1", "nonsense"]),
    },
)
TEMPLATES = [
    TrainingTemplate("training:1", suspended=True),
    TrainingTemplate("training:1", suspended=False),
    None,
]


@st.composite
def worlds(
    draw: st.DrawFn, specs: st.SearchStrategy[Spec] = tame_specs
) -> tuple[Context, model.Status]:
    """Return any input of plan()."""
    spec, before = draw(specs), draw(any_status)
    ctx = b.context(spec, Observation(Children(), None, None))
    grid = request_fingerprint(ctx, before)
    likely = [n for n in (before.attempt and before.attempt.job, JOBS[2]) if n in JOBS]
    some = st.lists(st.sampled_from(JOBS), max_size=3, unique=True)
    names = draw(mostly(st.lists(st.sampled_from(likely), max_size=1), some))
    jobs = tuple(draw(job(name, grid)) for name in names)
    applied = st.just(_fingerprint(ctx, before))
    usual = Children(check_applied=draw(applied), jobs=jobs, template=TEMPLATES[0])
    odd = st.builds(
        Children,
        check_applied=st.one_of(applied, st.none()),
        check_foreign=st.booleans(),
        jobs=st.just(jobs),
        template=st.sampled_from(TEMPLATES),
        waiting=st.lists(text, max_size=2).map(tuple),
    )
    observed = Observation(
        draw(mostly(st.just(usual), st.one_of(odd, unknown))),
        draw(mostly(likely_registry, st.one_of(registry_state, unknown, st.none()))),
        draw(mostly(likely_git, st.one_of(git_state, refused, unknown, st.none()))),
    )
    facts = ObjectFacts(
        generation=draw(st.integers(1, 3)),
        annotations=draw(mostly(st.just({}), requested)),
        deleting=draw(st.sampled_from([False] * 7 + [True])),
    )
    keys = st.sampled_from(["push/p1", "candidate/2", "champion/2", f"job/{JOBS[0]}"])
    failures = draw(mostly(st.just({}), st.dictionaries(keys, failure, max_size=2)))
    return replace(ctx, facts=facts, observed=observed, failures=failures), before


def _fingerprint(ctx: Context, before: model.Status) -> str:
    return check_effect(ctx, before).fingerprint


PRODUCTION = (
    effects.StartTraining,
    effects.StartEvaluation,
    effects.MarkCandidate,
    effects.PushPromotion,
    effects.MarkChampion,
)
