"""Cuts an answer to the bytes it may take, always in the same order.

Details give way before verdicts and old windows before new: the findings (the pod's
log has them too), the worst columns, the messages, the kinds of drift and how many
rows were sampled, each from the oldest window on; then interim windows; then the
report's address; then the message of a whole check's error; last the performance of
counting windows, from the newest on: the next check is asked for them again. What a
decision needs of a counting window (times, verdict, reason, counts) is never cut, nor
is the latest performance.
"""

from collections.abc import Iterator
from dataclasses import replace

from driftcheck.contract.answer import CheckAnswer, WindowVerdict
from driftcheck.contract.fields import ContractError, compact

ANSWER_LIMIT = 1536
MESSAGE_LIMIT = 240
_DETAILS = ("findings", "top_columns", "message", "kinds", "sampled")


def encode(answer: CheckAnswer, limit: int = ANSWER_LIMIT) -> bytes:
    """The answer's JSON in at most `limit` bytes, with `truncated` where it was cut.

    ContractError if even the verdicts of the counting windows do not fit, which
    cannot happen for up to ten windows of one length and 1,536 bytes.
    """
    for attempt in _ever_shorter(answer):
        text = compact(attempt.to_json()).encode("utf-8", "replace")
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
    if detail == "top_columns":
        return replace(window, top_columns=())
    if detail == "findings":
        return replace(window, findings=())
    if detail == "message":
        return replace(window, message="")
    if detail == "kinds":
        return replace(window, kinds=())
    return replace(window, sampled=None)


def _same(one: WindowVerdict, other: WindowVerdict) -> bool:
    return (one.start, one.end, one.counting) == (
        other.start,
        other.end,
        other.counting,
    )


def _now(answer: CheckAnswer, window: WindowVerdict) -> WindowVerdict:
    return next(found for found in answer.windows if _same(found, window))


def _with(
    answer: CheckAnswer, window: WindowVerdict, cut: WindowVerdict | None
) -> CheckAnswer:
    """The answer with `cut` in the window's place; None takes the window out."""
    places = ((w, cut if _same(w, window) else w) for w in answer.windows)
    windows = tuple(new for _, new in places if new is not None)
    return replace(answer, windows=windows, truncated=True)


def _clip_messages(answer: CheckAnswer) -> CheckAnswer:
    """No message is longer than MESSAGE_LIMIT characters, its end marked."""
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
