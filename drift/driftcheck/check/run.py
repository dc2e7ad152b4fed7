"""One check from request to answer: every failure ends in an answer.

The command line, the pod and the warehouse all go through `check_inputs`: read the
reference, gather the evidence on each window from the inference log, then decide. A
failure of the whole check (no reference, no connection) is in the answer's `error`
and, with the same reason, in the verdict on every window that was due.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple, TypeAlias

from driftcheck.check.performance import (
    NOT_MEASURED,
    PerformanceResults,
    measure_performance,
)
from driftcheck.contract import (
    CheckAnswer,
    CheckError,
    CheckRequest,
    Filter,
    Performance,
)
from driftcheck.contract.reasons import Reason
from driftcheck.contract.request import ENGINES
from driftcheck.dataset import LoadedReference, SegmentedReference
from driftcheck.errors import CheckFailure
from driftcheck.inference_log.base import Log
from driftcheck.inference_log.open import open_log
from driftcheck.judge.evidence import Evidence, native_evidence
from driftcheck.judge.result import Check, JudgedWindow
from driftcheck.judge.segments import can_matter, judge_segments, request_of_whole
from driftcheck.judge.verdict import conclude
from driftcheck.reference.load import load_reference
from driftcheck.reference.profile import reference_of
from driftcheck.reference.profile_format import SUFFIX
from driftcheck.stats.columns import Dataset
from driftcheck.windows import Window, windows_to_judge

NATIVE = ENGINES[0]
Environment: TypeAlias = Mapping[str, str]


class Inputs(NamedTuple):
    """What a check reads; each part is read once, when the check needs it.

    `reference` and `log` raise CheckFailure where they cannot be read or opened.
    """

    windows: tuple[Window, ...]
    reference: Callable[[], LoadedReference]
    log: Callable[[], AbstractContextManager[Log]]


class Gathered(NamedTuple):
    """A window with its evidence, and its rows where they were read."""

    window: Window
    evidence: Evidence
    current: Dataset | None = None


def run_check(
    request: CheckRequest,
    url: str | None,
    now: datetime,
    environment: Environment | None = None,
) -> Check:
    """Check every window that is due; `url` is the address of a log in PostgreSQL.

    `environment` holds the addresses and credentials of everything that is read.
    """
    environment = environment or {}
    inputs = Inputs(
        windows_to_judge(request, now),
        partial(reference_for, request, environment),
        partial(open_log, url, request.log, environment),
    )
    return check_inputs(request, inputs, now, environment)


def check_inputs(
    request: CheckRequest, inputs: Inputs, now: datetime, environment: Environment
) -> Check:
    """Check the windows of these inputs."""
    try:
        reference = inputs.reference()
    except CheckFailure as failure:
        return _failed(request, inputs.windows, now, failure)
    if request.reference.sha256 not in (None, "", reference.sha256):
        changed = Evidence(changed_reference=reference.sha256)
        judged = [_judged(request, Gathered(w, changed)) for w in inputs.windows]
        return _answered(request, judged, now, reference)
    try:
        with inputs.log() as log:
            gathered = _gather(request, inputs.windows, reference, log, environment)
            performance = NOT_MEASURED
            if request.performance:
                performance = measure_performance(
                    request, inputs.windows, now, reference, log
                )
    except CheckFailure as failure:
        return _failed(request, inputs.windows, now, failure, reference)
    judged = _judge(request, gathered, performance.latest)
    return _answered(request, judged, now, reference, performance)


def reference_for(request: CheckRequest, environment: Environment) -> LoadedReference:
    """Return the reference as the engine needs it; CheckFailure ReferenceUnreadable.

    Evidently cannot use profiles: it gets the reference's own values every time.
    """
    if request.engine == NATIVE:
        return reference_of(request, environment)
    if request.reference.uri.endswith(SUFFIX):
        message = "the engine Evidently needs the reference itself, not its profile"
        raise CheckFailure(Reason.REFERENCE_UNREADABLE, message)
    log = request.log
    return load_reference(
        request.reference.uri, log.features, environment, log.prediction_column
    )


def _gather(
    request: CheckRequest,
    windows: Sequence[Window],
    reference: LoadedReference,
    log: Log,
    environment: Environment,
) -> list[Gathered]:
    """Return the evidence on each window, a failure where it cannot be read."""
    segmented = _segmented(request, reference, environment)
    gathered = []
    for window in windows:
        try:
            current = log.window(window, reference)
            evidence = _evidence(request, reference.dataset, current, environment)
            whole = Gathered(window, evidence, current)
            evidence = _with_segments(request, whole, segmented, log)
            gathered.append(whole._replace(evidence=evidence))
        except CheckFailure as failure:
            gathered.append(Gathered(window, Evidence(failure=failure)))
    return gathered


def _segmented(
    request: CheckRequest, reference: LoadedReference, environment: Environment
) -> SegmentedReference | None:
    """Return the reference by segment; CheckFailure ReferenceUnreadable without any."""
    if request.segments is None:
        return None
    from driftcheck.reference.segments import segments_for

    return segments_for(request, request.segments, reference.sha256, environment)


def _evidence(
    request: CheckRequest,
    reference: Dataset,
    current: Dataset,
    environment: Environment,
) -> Evidence:
    """Return the evidence by the engine that the request names.

    Nobody else imports Evidently, so a check by the engine Native never pays for it.
    """
    request = _of_whole(request)
    if request.engine == NATIVE:
        return native_evidence(request, reference, current)
    from driftcheck.evidently.engine import evidently_evidence

    return evidently_evidence(request, reference, current, environment)


def _with_segments(
    request: CheckRequest,
    whole: Gathered,
    segmented: SegmentedReference | None,
    log: Log,
) -> Evidence:
    """Return the evidence with that of segments, read only where they can matter."""
    if segmented is None or not can_matter(_of_whole(request), whole.evidence):
        return whole.evidence
    column = segmented.rule.column

    def read(value: str, reference: LoadedReference) -> Dataset:
        return log.only(Filter(column, value)).window(whole.window, reference)

    segments = judge_segments(request, whole.window, segmented, read)
    return replace(whole.evidence, segments=segments)


def _judge(
    request: CheckRequest,
    gathered: Sequence[Gathered],
    performance: Performance | None,
) -> list[JudgedWindow]:
    """Return the verdicts; the newest window is shown with the latest performance.

    A counting window is judged without it, because its performance counts by itself
    once its labels have arrived. If it is the newest one and performance adds to its
    verdict, it is shown once more as an interim window.
    """
    judged = [_judged(request, window) for window in gathered]
    if not gathered or performance is None:
        return judged
    newest = gathered[-1]
    shown = _judged(
        request,
        newest._replace(
            window=replace(newest.window, counting=False),
            evidence=replace(newest.evidence, performance=performance),
        ),
    )
    if not newest.window.counting:
        return [*judged[:-1], shown]
    without = replace(judged[-1].judgement.verdict, counting=False)
    return judged if shown.judgement.verdict == without else [*judged, shown]


def _judged(request: CheckRequest, gathered: Gathered) -> JudgedWindow:
    judgement = conclude(_of_whole(request), gathered.window, gathered.evidence)
    return JudgedWindow(judgement, gathered.current)


def _of_whole(request: CheckRequest) -> CheckRequest:
    """Return the request by which all rows are judged, beside segments if any."""
    return request_of_whole(request) if request.segments else request


def _failed(
    request: CheckRequest,
    windows: Sequence[Window],
    now: datetime,
    failure: CheckFailure,
    reference: LoadedReference | None = None,
) -> Check:
    evidence = Evidence(failure=failure)
    judged = [_judged(request, Gathered(window, evidence)) for window in windows]
    check = _answered(request, judged, now, reference)
    error = CheckError(failure.reason, failure.message)
    return replace(check, answer=replace(check.answer, error=error))


def _answered(
    request: CheckRequest,
    judged: Sequence[JudgedWindow],
    now: datetime,
    reference: LoadedReference | None,
    performance: PerformanceResults = NOT_MEASURED,
) -> Check:
    answer = CheckAnswer(
        request_fingerprint=request.request_fingerprint,
        reference_sha256=reference.sha256 if reference else None,
        judged_at=now.astimezone(UTC).replace(microsecond=0),
        windows=tuple(window.judgement.verdict for window in judged),
        performance=performance.latest,
        performance_windows=performance.counting,
    )
    return Check(answer, tuple(judged), reference.dataset if reference else None)
