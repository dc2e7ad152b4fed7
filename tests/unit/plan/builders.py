"""Small builders of facts, so that a row of a truth table says only what matters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from driftcheck.contract import CheckAnswer, Verdict, WindowVerdict, encode
from killick.gitops.port import CommitInfo, GitState, Refusal
from killick.names import TAG_EVALUATION, ObjectName
from killick.plan.context import Context, PlanSettings, Step
from killick.plan.facts import (
    Children,
    Failure,
    JobFact,
    ObjectFacts,
    Observation,
    TrainingTemplate,
    Unknown,
)
from killick.plan.planner import fold
from killick.plan.requests.check import check_effect, request_fingerprint
from killick.registry.port import RegistryState, VersionFacts
from killick.resource.drift_status import DriftStatus, PerformanceStatus, Window
from killick.resource.fingerprint import window_fingerprint
from killick.resource.parse import parse_spec
from killick.resource.spec import Spec
from killick.resource.status import (
    Attempt,
    Episode,
    Evaluation,
    Hold,
    PastAttempt,
    Promotion,
    ReferencePin,
    Status,
    Versions,
)
from tests.fakes.world import spec as raw_spec

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NAME = ObjectName("test", "ml", "ranger")
SETTINGS = PlanSettings(
    worker_image="killick-worker:test", tracking_uri="http://m:5000"
)
ONE, TWO, THREE = "models:/ranger/1", "models:/ranger/2", "models:/ranger/3"
DRIFT, CALM = Verdict.DRIFT, Verdict.NO_DRIFT
SHA = "ab" * 32
ADA = CommitInfo("c0ffee" * 6, "Ada", "ada@example.org", "by hand", 0)


def a_spec(**changes: Any) -> Spec:
    """Return the whole loop's spec; a part given as None is left out."""
    raw = {k: v for k, v in raw_spec(**changes).items() if v is not None}
    return parse_spec(raw)


def version(number: str, **changes: Any) -> VersionFacts:
    """Return a registered version that tells its cut-off."""
    facts = VersionFacts(
        version=number,
        run_id=f"run-{number}",
        stage="None",
        tags={},
        train_before="2026-02-01T00:00:00Z",
        reference_uri=None,
        reference_sha256=None,
        image=None,
        attempt=None,
    )
    return replace(facts, **changes)


def registry(**changes: Any) -> RegistryState:
    """Return a registry in which version 1 is the champion and 2 exists."""
    versions = {"1": version("1"), "2": version("2")}
    state = RegistryState(model_exists=True, champion="1", versions=versions)
    return replace(state, **changes)


def marked() -> RegistryState:
    """Return a registry that says that version 2 is proven."""
    tags = {TAG_EVALUATION: "e1"}
    two = version("2", stage="Staging", tags=tags)
    return registry(candidate="2", versions={"1": version("1"), "2": two})


def git(value: str | None = ONE, **changes: Any) -> GitState:
    """Return a look at the repository; None as value: the file is refused."""
    refused = None if value else Refusal("KeyMissing", "no such key")
    return replace(GitState("head", value, refused=refused), **changes)


def job(name: str, state: str = "Running", **changes: Any) -> JobFact:
    """Return a Job of ours; its purpose follows from its name."""
    words = {"train": "training", "eval": "evaluation", "check": "check"}
    purpose = next((p for w, p in words.items() if f"-{w}" in name), "")
    ended = None if state == "Running" else NOW - MINUTE * 5
    fact = JobFact(name, f"uid-{name}", purpose, state, NOW - HOUR, ended)
    return replace(fact, **changes)


def children(*jobs: JobFact, **changes: Any) -> Children:
    """Return a namespace with the template and these Jobs."""
    template = TrainingTemplate("training:1", suspended=True)
    return replace(Children(jobs=jobs, template=template), **changes)


def context(
    spec: Spec | None = None,
    observed: Observation | None = None,
    *,
    now: datetime = NOW,
    failures: dict[str, Failure] | None = None,
    **facts: Any,
) -> Context:
    """Return the input of a pass in which everything is in order."""
    return Context(
        name=NAME,
        spec=spec or a_spec(),
        facts=replace(ObjectFacts(generation=1), **facts),
        observed=observed or Observation(children(), registry(), git()),
        settings=SETTINGS,
        now=now,
        failures=failures or {},
    )


def seen(
    *jobs: JobFact,
    reg: RegistryState | Unknown | None = None,
    repo: GitState | Unknown | None = None,
) -> Observation:
    """Return an observation; what is not given is in order."""
    return Observation(children(*jobs), reg or registry(), repo or git())


def applied(ctx: Context, status: Status) -> Context:
    """Return the context in which the check's CronJob is as the status wants it."""
    fingerprint = check_effect(ctx, status).fingerprint
    found = ctx.observed.children
    assert isinstance(found, Children)
    namespace = replace(found, check_applied=fingerprint)
    return replace(ctx, observed=replace(ctx.observed, children=namespace))


def adopted(**changes: Any) -> Status:
    """Return the status of an object that was adopted with version 1."""
    status = Status(
        observed_generation=1,
        versions=Versions(desired="1", serving="1", champion="1"),
        reference=ReferencePin("s3://models/ranger.parquet"),
        adopted_at=NOW - DAY * 9,
        drift=DriftStatus(
            window_fingerprint=window_fingerprint(a_spec()),
            anchor=NOW - HOUR,
            last_check="c0",
            last_check_time=NOW - MINUTE,
            verdict="NoDrift",
            reason="NoDrift",
        ),
    )
    return replace(status, **changes)


def window(verdict: str, ago: int = 1) -> Window:
    """Return a counting window of a minute that began `ago` minutes ago."""
    start = NOW - MINUTE * ago
    return Window(start, start + MINUTE, verdict, verdict, rows=200)


def windows(*verdicts: str) -> DriftStatus:
    """Return what the checks found, the newest window last."""
    total = len(verdicts)
    found = (window(v, total - i) for i, v in enumerate(verdicts))
    base = adopted().drift
    return replace(base, windows=tuple(found), verdict=verdicts[-1] if total else None)


def bounded_spec(*triggers: str, minimum: str | None = "0.8", **drift: Any) -> Spec:
    """Return a spec that holds answers to a bound, and what starts a retraining."""
    raw = raw_spec()
    performance: dict[str, Any] = {"metric": {"name": "Accuracy"}}
    performance |= {"minimum": minimum} if minimum else {}
    retraining = {**raw["retraining"], "triggers": list(triggers or ("Drift",))}
    log = {**raw["inferenceLog"], "predictionColumn": "score"}
    drift = {**raw["drift"], "performance": performance, **drift}
    return a_spec(inferenceLog=log, drift=drift, retraining=retraining)


def performances(*verdicts: str, drift: DriftStatus | None = None) -> DriftStatus:
    """Return what the checks found, with windows that have labels, the newest last."""
    total = len(verdicts)
    found = tuple(
        PerformanceStatus(
            "Accuracy",
            NOW - MINUTE * (total - i),
            NOW - MINUTE * (total - i - 1),
            verdict=verdict,
            message="Accuracy 0.7",
        )
        for i, verdict in enumerate(verdicts)
    )
    return replace(drift or adopted().drift, performance_windows=found)


def episode(**changes: Any) -> Episode:
    """Return an open episode."""
    return replace(Episode("ep1", NOW - HOUR, "Drift", "2 of 3"), **changes)


def attempt(state: str = "Running", **changes: Any) -> Attempt:
    """Return attempt a1 of the episode; registered ones have version 2."""
    number = "2" if state == "Registered" else None
    made = Attempt(
        "a1", "ep1", state, NOW - HOUR, "1", NAME.training_job("a1"), version=number
    )
    return replace(made, **changes)


def past(outcome: str = "InFlight", identity: str = "a1", ago: Any = HOUR) -> Any:
    """Return what budget and cooldown know of an attempt."""
    return PastAttempt(identity, "ep1", NOW - ago, outcome)


def evaluation(state: str = "Running", **changes: Any) -> Evaluation:
    """Return evaluation e1 of attempt a1: version 2 against 1."""
    made = Evaluation(
        id="e1",
        attempt="a1",
        candidate="2",
        state=state,
        started_at=NOW - MINUTE * 10,
        policy=a_spec().fingerprint("evaluation"),
        champion="1",
        message="improvement 0.5",
    )
    return replace(made, **changes)


def promotion(state: str = "Proposed", **changes: Any) -> Promotion:
    """Return promotion p1 of evaluation e1."""
    made = Promotion(
        id="p1",
        state=state,
        version="2",
        from_value=ONE,
        to_value=TWO,
        base="base",
        target=a_spec().fingerprint("model", "promotion"),
        proposed_at=NOW - MINUTE,
        previous="1",
        evaluation="e1",
        episode="ep1",
    )
    return replace(made, **changes)


def trying(state: str = "Running", **changes: Any) -> Status:
    """Return a status with an open episode and an attempt."""
    base = adopted(
        episode=episode(), attempt=attempt(state), attempts=(past(),), drift=drifted()
    )
    return replace(base, **changes)


def drifted() -> DriftStatus:
    """Return persistent drift."""
    return windows(DRIFT, DRIFT)


def comparing(state: str = "Running", **changes: Any) -> Status:
    """Return a status with a registered candidate and its evaluation."""
    base = trying("Registered", evaluation=evaluation(state))
    return replace(base, **changes)


def promoting(state: str = "Proposed", **changes: Any) -> Status:
    """Return a status with a proven candidate and its promotion."""
    base = comparing("Passed", promotion=promotion(state))
    return replace(base, **changes)


def held() -> Hold:
    """Return a hold."""
    return Hold("h1", "ValueChanged", "Ada did it", NOW - HOUR)


def answer(ctx: Context, status: Status, *found: WindowVerdict, **changes: Any) -> str:
    """Return a check's termination message for what the status asks."""
    made = CheckAnswer(request_fingerprint(ctx, status), SHA, ctx.now, found)
    return encode(replace(made, **changes)).decode()


def judged(
    verdict: Verdict, ago: int = 1, *, counting: bool = True, **changes: Any
) -> WindowVerdict:
    """Return a window's verdict of a check's answer."""
    start = NOW - MINUTE * ago
    found = WindowVerdict(start, start + MINUTE, counting, verdict, str(verdict))
    return replace(found, **{"rows": 200, **changes})


def run(track: Callable[[Context, Status], Step], ctx: Context, status: Status) -> Step:
    """Return a track's step, with what it asks of other tracks done."""
    return fold(ctx, track(ctx, status))


def effect_of(step: Step) -> str | None:
    """Return the name of a step's effect."""
    return type(step.effect).__name__ if step.effect else None


def reason_of(step: Step) -> str | None:
    """Return the reason of a step's block."""
    return step.blocked.reason if step.blocked else None
