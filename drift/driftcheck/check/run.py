"""One check from request to answer: every failure ends in an answer.

A failure of the whole check (no reference, no connection) is in the answer's `error`
and, with the same reason, the verdict of every window that was due.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from driftcheck.check.engine import judge_by_engine, reference_for
from driftcheck.check.performance import measure_performance
from driftcheck.contract import (
    CheckAnswer,
    CheckError,
    CheckRequest,
    Filter,
    Performance,
    Verdict,
)
from driftcheck.dataset import LoadedReference, SegmentedReference, SegmentReader
from driftcheck.errors import CheckFailure
from driftcheck.inference_log.base import Log
from driftcheck.judge.performance import with_performance
from driftcheck.judge.result import Check, Examined
from driftcheck.judge.segments import (
    judge_segments,
    request_of_whole,
)
from driftcheck.judge.verdict import Judgement, without_rows
from driftcheck.stats.columns import ColumnKind, Dataset
from driftcheck.windows import Window, windows_to_judge


def run_check(
    request: CheckRequest,
    url: str | None,
    now: datetime,
    environment: Mapping[str, str] | None = None,
) -> Check:
    """Judges every window that is due; `url` is the inference log's address.

    `environment` says where reduced references are kept, and how to get there.
    """
    windows = windows_to_judge(request, now)
    try:
        reference = reference_for(request, environment or {})
    except CheckFailure as failure:
        return _failed(request, windows, now, failure)
    changed = tuple(
        c for w in windows if (c := changed_reference(request, w, reference))
    )
    if changed:
        return _done(request, changed, now, reference)
    from driftcheck.inference_log.open import open_log

    try:
        with open_log(url, request.log) as log:
            examined = _examine(request, windows, reference, log, environment or {})
            found = measure_performance(request, windows, now, reference, log)
    except CheckFailure as failure:
        return _failed(request, windows, now, failure, reference)
    examined = _shown(request, examined, found.latest)
    done = _done(request, examined, now, reference)
    answer = replace(
        done.answer, performance=found.latest, performance_windows=found.counting
    )
    return replace(done, answer=answer)


def changed_reference(
    request: CheckRequest, window: Window, reference: LoadedReference
) -> Examined | None:
    """What there is to say of a window whose reference is not the pinned one."""
    pinned = request.reference.sha256
    if not pinned or pinned == reference.sha256:
        return None
    message = f"pinned as {pinned[:12]}, found {reference.sha256[:12]}"
    return Examined(
        without_rows(window, Verdict.DATA_QUALITY, "ReferenceChanged", message)
    )


def _examine(
    request: CheckRequest,
    windows: tuple[Window, ...],
    reference: LoadedReference,
    log: Log,
    environment: Mapping[str, str],
) -> tuple[Examined, ...]:
    segmented = segments_if_asked(request, reference, environment)
    examined = []
    for window in windows:
        try:
            current = log.window(window, reference.kinds)
            sides = (reference.dataset, current)
            judgement = judge_by_engine(
                request_of_whole(request), window, sides, environment
            )
            if segmented:
                read = _reader(log, window, segmented.rule.column)
                judgement = judge_segments(request, window, judgement, segmented, read)
        except CheckFailure as failure:
            examined.append(Examined(_error(window, failure)))
            continue
        examined.append(Examined(judgement, current))
    return tuple(examined)


def _reader(log: Log, window: Window, column: str) -> SegmentReader:
    """Reads a window's rows of one segment: those of a log with one filter more."""

    def read(value: str, kinds: Mapping[str, ColumnKind]) -> Dataset:
        return log.only(Filter(column, value)).window(window, kinds)

    return read


def segments_if_asked(
    request: CheckRequest,
    reference: LoadedReference,
    environment: Mapping[str, str],
) -> SegmentedReference | None:
    """The reference by segment; CheckFailure ReferenceUnreadable if it has none."""
    if request.segments is None:
        return None
    from driftcheck.reference.segments import segments_for

    return segments_for(request, request.segments, reference.sha256, environment)


def _shown(
    request: CheckRequest,
    examined: tuple[Examined, ...],
    performance: Performance | None,
) -> tuple[Examined, ...]:
    """The windows, of which the last, which is shown, says what its performance adds.

    Where that one counts, it stays as it is, and is shown once more: its answers count
    by themselves, once their labels have come.
    """
    if not examined:
        return examined
    last = show_performance(request, examined[-1], performance)
    if last is examined[-1] or not last.judgement.verdict.counting:
        return (*examined[:-1], last)
    verdict = replace(last.judgement.verdict, counting=False)
    shown = replace(last, judgement=replace(last.judgement, verdict=verdict))
    return (*examined, shown)


def show_performance(
    request: CheckRequest, examined: Examined, performance: Performance | None
) -> Examined:
    """A window that is shown, with what its performance adds to it."""
    if request.performance is None or performance is None:
        return examined
    judgement = examined.judgement
    told = with_performance(judgement.verdict, request.performance, performance)
    if told == judgement.verdict:
        return examined
    return replace(examined, judgement=replace(judgement, verdict=told))


def _error(window: Window, failure: CheckFailure) -> Judgement:
    return without_rows(window, Verdict.ERROR, failure.reason, failure.message)


def _failed(
    request: CheckRequest,
    windows: tuple[Window, ...],
    now: datetime,
    failure: CheckFailure,
    reference: LoadedReference | None = None,
) -> Check:
    examined = tuple(Examined(_error(window, failure)) for window in windows)
    error = CheckError(failure.reason, failure.message)
    return _done(request, examined, now, reference, error)


def _done(
    request: CheckRequest,
    examined: tuple[Examined, ...],
    now: datetime,
    reference: LoadedReference | None = None,
    error: CheckError | None = None,
) -> Check:
    answer = CheckAnswer(
        request_fingerprint=request.request_fingerprint,
        reference_sha256=reference.sha256 if reference else None,
        judged_at=now.astimezone(UTC).replace(microsecond=0),
        windows=tuple(one.judgement.verdict for one in examined),
        error=error,
    )
    return Check(answer, examined, reference.dataset if reference else None)
