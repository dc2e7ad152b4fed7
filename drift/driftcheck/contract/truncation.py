"""Shorten an answer to the bytes that it may take, always in the same order.

Details give way before verdicts and old windows before new: the findings (the pod's
log has them as well), the top columns, the messages, the kinds of drift and how many
rows were sampled, each from the oldest window on; then interim windows; then the
report's address; then the message of a whole check's error; last the performance of
counting windows, from the newest on: the next check measures them again. What a
decision needs of a counting window (times, verdict, reason, counts) is never cut, nor
is the latest performance.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from driftcheck.contract.answer import CheckAnswer, WindowVerdict
from driftcheck.contract.codec import COMPACT, dumps, to_json
from driftcheck.contract.rules import ContractError

ANSWER_LIMIT = 3072
"""Bytes of a check's answer, which is its pod's termination message.

The kubelet keeps 4,096 bytes of a container and 12,288 of a pod, which it divides
among the pod's containers, init containers included; what is longer is cut off, and
the answer is lost. A check's pod has one container, so 12,288 / 4 leaves room for
three more that others inject, such as a service mesh's init container and proxy.
"""
MESSAGE_LIMIT = 240  # characters: two or three sentences
_DETAILS = ("findings", "top_columns", "message", "kinds", "sampled")
_DEFAULTS = {"sampled": None, "message": ""}


def encode(answer: CheckAnswer, limit: int = ANSWER_LIMIT) -> bytes:
    """Return the answer's JSON in at most `limit` bytes, `truncated` where it was cut.

    Raises ContractError if even the verdicts of the counting windows do not fit, which
    cannot happen for up to ten windows (MAXIMUM_COUNT) and the default limit.
    """
    for attempt in _ever_shorter(answer):
        text = dumps(to_json(attempt, COMPACT)).encode("utf-8", "replace")
        if len(text) <= limit:
            return text
    raise ContractError(f"the verdicts do not fit in {limit} bytes")


def _ever_shorter(answer: CheckAnswer) -> Iterator[CheckAnswer]:
    answer = _clip_messages(answer)
    yield answer
    for detail in _DETAILS:
        for window in sorted(answer.windows, key=lambda w: (w.end, w.counting)):
            if getattr(window, detail):
                answer = _with(answer, window, _without(_now(answer, window), detail))
                yield answer
    for window in sorted(answer.windows, key=lambda w: w.end):
        if not window.counting:
            answer = _with(answer, window, None)
            yield answer
    if answer.report:
        answer = replace(answer, report=None, truncated=True)
        yield answer
    if answer.error and answer.error.message:
        answer = replace(
            answer, error=replace(answer.error, message=""), truncated=True
        )
        yield answer
    while answer.performance_windows:
        answer = replace(
            answer, performance_windows=answer.performance_windows[:-1], truncated=True
        )
        yield answer


def _without(window: WindowVerdict, detail: str) -> WindowVerdict:
    changed: dict[str, Any] = {detail: _DEFAULTS.get(detail, ())}
    return replace(window, **changed)


def _same(window: WindowVerdict, other: WindowVerdict) -> bool:
    return (window.start, window.end, window.counting) == (
        other.start,
        other.end,
        other.counting,
    )


def _now(answer: CheckAnswer, window: WindowVerdict) -> WindowVerdict:
    return next(current for current in answer.windows if _same(current, window))


def _with(
    answer: CheckAnswer, window: WindowVerdict, cut: WindowVerdict | None
) -> CheckAnswer:
    """Return the answer with `cut` in the window's place; None removes the window."""
    places = ((w, cut if _same(w, window) else w) for w in answer.windows)
    windows = tuple(new for _, new in places if new is not None)
    return replace(answer, windows=windows, truncated=True)


def _clip_messages(answer: CheckAnswer) -> CheckAnswer:
    """Return the answer with messages of at most MESSAGE_LIMIT characters."""
    windows = tuple(replace(w, message=_clip(w.message)) for w in answer.windows)
    error = answer.error
    if error:
        error = replace(error, message=_clip(error.message))
    cut = answer.truncated or (windows, error) != (answer.windows, answer.error)
    return replace(answer, windows=windows, error=error, truncated=cut)


def _clip(message: str) -> str:
    if len(message) <= MESSAGE_LIMIT:
        return message
    return message[: MESSAGE_LIMIT - 1] + "…"
