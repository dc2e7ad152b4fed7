"""Which questions the systems are asked in this pass; the status decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from killick.gitops.port import TraceRequest
from killick.names import ObjectName
from killick.registry.port import AttemptQuery
from killick.resource.parse import duration
from killick.resource.spec import Spec
from killick.resource.status import Status


@dataclass(frozen=True)
class Needs:
    """The questions of one pass.

    `expected` are the values that are no news in Git; any other one makes the reader
    ask who wrote it. Once our commit was found, only `landed` is none. `champions`
    are the same for the alias; None before the adoption.
    """

    registry: bool
    git: bool
    attempt: AttemptQuery | None = None
    versions: tuple[str, ...] = ()
    trace: TraceRequest | None = None
    expected: tuple[str, ...] = ()
    landed: str | None = None
    champions: tuple[str | None, ...] | None = None


def needs(
    spec: Spec,
    status: Status,
    tracking_uri: str | None,
    name: ObjectName,
    now: datetime,
) -> Needs:
    """Return what to ask. Undeclared systems are not asked at all.

    The registry is declared where something depends on it, or where its address is
    known.
    """
    acts = bool(spec.retraining or spec.evaluation or spec.promotion)
    known = (
        status.evaluation.candidate if status.evaluation else None,
        status.attempt.version if status.attempt else None,
    )
    return Needs(
        registry=acts or bool(spec.registry.tracking_uri or tracking_uri),
        git=spec.promotion is not None,
        attempt=_attempts(spec, status, name, now),
        versions=tuple(sorted({v for v in known if v})),
        trace=_trace(status),
        expected=_expected(spec, status),
        landed=status.promotion.to_value if status.promotion else None,
        champions=_champions(status),
    )


def _attempts(
    spec: Spec, status: Status, name: ObjectName, now: datetime
) -> AttemptQuery | None:
    """Ask for the attempt in flight; before the adoption for all that budget knows."""
    current = status.attempt
    if current and current.in_flight:
        return AttemptQuery(current.id, current.started_at.timestamp())
    if spec.retraining and status.adopted_at is None and not status.attempts:
        period = duration(spec.retraining.budget.per)
        return AttemptQuery("", (now - period).timestamp(), name.qualified_name)
    return None


def _champions(status: Status) -> tuple[str | None, ...] | None:
    if status.adopted_at is None:
        return None
    current, known = status.promotion, status.versions.champion
    if current and current.in_flight:
        return (known, current.version)
    return (known,)


def _trace(status: Status) -> TraceRequest | None:
    current = status.promotion
    if current is None or current.state != "Proposed":
        return None
    return TraceRequest(promotion_id=current.id, base=current.base or None)


def _expected(spec: Spec, status: Status) -> tuple[str, ...]:
    if spec.promotion is None:
        return ()
    current, desired = status.promotion, status.versions.desired
    if current and current.state == "Proposed":
        return (current.from_value, current.to_value)
    if current and current.in_flight:
        return (current.to_value,)
    return (spec.value_of(desired),) if desired else ()
