"""Statuses: whatever the CRD lets somebody store."""

from __future__ import annotations

from hypothesis import strategies as st

from driftcheck.contract import (
    Verdict,
)
from killick.resource import status as model
from killick.resource.drift_status import DriftStatus, PerformanceStatus, Window
from killick.resource.fingerprint import window_fingerprint
from tests.unit.plan import builders as b
from tests.unit.plan.value_strategies import (
    CLEAN,
    IDS,
    JOBS,
    REASONS,
    VALUES,
    VERSIONS,
    counts,
    maybe,
    mostly,
    times,
)

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
