"""One pass over one object: observe → plan → record → act. START READING HERE.

1. GET the object afresh; read its spec and status.
2. Observe what the phase needs; a failed read is a fact of its own.
3. plan: pure; the next status and at most one effect.
4. Write the status under the object's resourceVersion. A conflict ends the pass.
5. Report the decisions as Events.
6. Carry out the effect, if the object is still as this pass left it: an operator that
   was frozen may be hours late. Only the next pass's observation completes it.

The status holds the intent before the effect happens, so the operator may die between
any two lines. Every write and every effect asks first whether this operator still
leads.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from killick.cluster.port import Manifest
from killick.errors import (
    Conflict,
    InvalidSpec,
    KillickError,
    NotLeading,
    Unavailable,
    UnknownSchema,
)
from killick.execution import carry_out
from killick.names import ObjectName
from killick.observe.gather import Subject, observe
from killick.observe.model_deployment import object_facts
from killick.plan.context import Context
from killick.plan.needs import needs
from killick.plan.planner import Plan
from killick.plan.report.events import Decision, missed_decisions, unknown_schema
from killick.plan.report.invalid import invalid
from killick.reasons import Reason
from killick.record.events import emit_events
from killick.record.status import write_status
from killick.resource.parse import parse_spec
from killick.resource.status import Status, parse_status, require_known
from killick.world import Memory, PassResult, World

log = logging.getLogger("killick.loop")
SOON = timedelta(seconds=2)  # after a lost race: the other writer is done by then
ERROR_PAUSE = timedelta(seconds=10)  # as after a read that failed (planner.RETRY)
PENDING_EVENTS_LIMIT = 20  # more than one pass ever decides


async def run_once(
    world: World, name: ObjectName, memory: Memory, now: datetime
) -> PassResult:
    """Run one pass. Never raises: an unexpected error is logged, counted, retried."""
    now = now.astimezone(UTC).replace(microsecond=0)
    try:
        return await _pass(world, name, memory, now)
    except NotLeading:
        return PassResult(now + SOON)
    except Conflict as error:
        _log(name, "Pass ended by a conflict", error=error.message)
        return PassResult(now + SOON)
    except KillickError as error:
        world.collector.pass_errors.labels(error.reason).inc()
        _log(name, "Pass failed", reason=error.reason, error=error.message)
        settled = isinstance(error, UnknownSchema)
        pause = timedelta(seconds=world.settings.resync_seconds)
        return PassResult(
            now + (pause if settled else max(ERROR_PAUSE, error.retry_after))
        )
    except Exception:
        world.collector.pass_errors.labels(Reason.UNEXPECTED).inc()
        log.exception("Pass failed unexpectedly", extra={"object": str(name)})
        return PassResult(now + ERROR_PAUSE)


async def get_object(world: World, name: ObjectName) -> Manifest | None:
    """Return the object as the API server has it, None if it is gone."""
    return await world.ports.cluster.get_model_deployment(name.namespace, name.name)


async def build_context(
    world: World, name: ObjectName, manifest: Manifest, memory: Memory, now: datetime
) -> tuple[Context, Status]:
    """Read everything that a pass over this object needs; change nothing.

    Raises UnknownSchema for the status of another version, InvalidSpec for a spec
    that cannot be acted on.
    """
    require_known(manifest.get("status"))
    status = parse_status(manifest.get("status")) or Status()
    spec = parse_spec(manifest.get("spec"))
    uri = world.settings.tracking_uri
    hosts = world.settings.host_patterns
    uid = manifest["metadata"]["uid"]
    subject = Subject(name, uid, spec, uri, hosts, world.index)
    questions = needs(spec, status, uri, name, now)
    observed = await observe(world.ports, subject, questions)
    context = Context(
        name=name,
        spec=spec,
        facts=object_facts(manifest),
        observed=observed,
        settings=world.settings.for_plans(),
        now=now,
        failures=memory.failures,
    )
    return context, status


async def _pass(
    world: World, name: ObjectName, memory: Memory, now: datetime
) -> PassResult:
    manifest = await get_object(world, name)
    if manifest is None:
        world.collector.forget(name)
        return PassResult(now, gone=True)
    try:
        context, before = await build_context(world, name, manifest, memory, now)
        decided = world.decide(context, before)
    except UnknownSchema as error:
        await _report_schema(world, name, manifest, memory, (error, now))
        raise
    except InvalidSpec as error:
        await _record_invalid(world, manifest, error, now)
        raise
    wrote = await _record(world, manifest, decided, memory)
    model = context.spec.model.name
    world.collector.show(name, model, decided.status)
    world.collector.count_attempts(name, model, before, decided.status)
    missed = () if memory.began else missed_decisions(name, before, now)
    memory.began = True
    _queue(memory, *missed, *decided.decisions)
    await _emit(world, name, manifest, memory, now)
    outcome = None
    if decided.effect:
        outcome = await carry_out(world, context, decided, memory, manifest)
    _log_pass(name, decided, wrote=wrote, outcome=outcome)
    wake_at = now if decided.effect else decided.wake_at
    return PassResult(wake_at, plan=decided)


async def _record(
    world: World, manifest: Manifest, decided: Plan, memory: Memory
) -> bool:
    """Write the status of a plan; return whether it differed from what was there."""
    world.require_leader()
    try:
        return await write_status(world.ports.cluster, manifest, decided.status)
    except Unavailable:
        # It may be written: the next pass reports the decisions that it reads there.
        memory.began = False
        raise


def _queue(memory: Memory, *decisions: Decision) -> None:
    memory.pending_events = (*memory.pending_events, *decisions)[-PENDING_EVENTS_LIMIT:]


async def _report_schema(
    world: World,
    name: ObjectName,
    manifest: Manifest,
    memory: Memory,
    read: tuple[UnknownSchema, datetime],
) -> None:
    """Report a status of another version once, not in every pass."""
    error, now = read
    if memory.reported_schema != error.message:
        _queue(memory, unknown_schema(name, error.message))
        memory.reported_schema = error.message
    await _emit(world, name, manifest, memory, now)


async def _emit(
    world: World, name: ObjectName, manifest: Manifest, memory: Memory, now: datetime
) -> None:
    """Create the pending Events; those that cannot be created wait for a later pass."""
    try:
        while memory.pending_events:
            world.require_leader()
            await emit_events(
                world.ports.cluster, manifest, memory.pending_events[:1], now
            )
            memory.pending_events = memory.pending_events[1:]
    except NotLeading:
        raise
    except KillickError as error:
        world.collector.pass_errors.labels(error.reason).inc()
        _log(name, "Events delayed", reason=error.reason, error=error.message)


async def _record_invalid(
    world: World, manifest: Manifest, error: InvalidSpec, now: datetime
) -> None:
    before = parse_status(manifest.get("status")) or Status()
    generation = int(manifest["metadata"].get("generation") or 0)
    status = invalid(before, error, generation, now)
    world.require_leader()
    await write_status(world.ports.cluster, manifest, status)


def _log_pass(
    name: ObjectName, decided: Plan, *, wrote: bool, outcome: str | None
) -> None:
    _log(
        name,
        "Pass completed",
        phase=decided.status.phase,
        verdict=decided.status.drift.verdict,
        waiting_for=decided.status.waiting_for,
        wrote=wrote,
        effect=decided.effect.key if decided.effect else None,
        outcome=outcome,
        decisions=[d.reason for d in decided.decisions],
    )


def _log(name: ObjectName, message: str, **fields: object) -> None:
    """Write the pass's one line; a field without a value is left out."""
    known = {key: value for key, value in fields.items() if value not in (None, [])}
    log.info(message, extra={"object": str(name), **known})
