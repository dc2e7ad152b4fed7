"""What holds for every plan, whatever spec, status and observation say."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from killick.errors import InvalidSpec
from killick.plan import effects
from killick.plan.context import Context
from killick.plan.planner import plan
from killick.plan.report.invalid import invalid
from killick.resource.parse import duration, parse_spec
from killick.resource.status import Status, parse_status
from tests.unit.plan import builders as b
from tests.unit.plan.schema import accepted
from tests.unit.plan.status_strategies import any_status
from tests.unit.plan.strategies import PRODUCTION, wild_specs, worlds
from tests.unit.plan.value_strategies import text

MORE = int(os.environ.get("KILLICK_EXAMPLES", "200"))
settings.register_profile(
    "plan",
    max_examples=MORE,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
PROFILE = settings.get_profile("plan")
World = tuple[Context, Status]


@PROFILE
@given(worlds())
def test_total_and_valid(world: World) -> None:
    """Any input gives a plan whose status the API server takes and we read back."""
    ctx, before = world
    decided = plan(ctx, before)
    raw = accepted(decided.status)
    assert parse_status(raw) == decided.status


@PROFILE
@given(wild_specs, any_status)
def test_only_the_spec_is_refused(raw: dict[str, Any], before: Status) -> None:
    """A spec that the CRD would not take raises InvalidSpec, and nothing else."""
    raw = {key: value for key, value in raw.items() if value is not None}
    try:
        spec = parse_spec(raw)
        decided = plan(b.context(spec), before)
    except InvalidSpec as error:
        accepted(invalid(before, error, 2, b.NOW))
    else:
        accepted(decided.status)


@PROFILE
@given(any_status, text)
def test_invalid_is_valid(before: Status, message: str) -> None:
    """Whatever the refusal says, the status that tells it is accepted."""
    accepted(invalid(before, InvalidSpec(message), 2, b.NOW))


@PROFILE
@given(worlds())
def test_same_input_same_plan(world: World) -> None:
    """A plan depends on nothing but its input."""
    ctx, before = world
    assert plan(ctx, before) == plan(ctx, before)


@PROFILE
@given(worlds())
def test_comes_to_rest(world: World) -> None:
    """In a world that does not change the status settles within a few passes."""
    ctx, status = world
    for _ in range(12):
        decided = plan(ctx, status)
        if decided.status == status:
            return
        status = decided.status
    pytest.fail(f"still moving: {decided.decisions}")


@PROFILE
@given(worlds())
def test_blocked_changes_no_production(world: World) -> None:
    """Observe, Recommend, suspend, a hold, deletion or no adoption: hands off."""
    ctx, before = world
    decided = plan(ctx, before)
    if not isinstance(decided.effect, PRODUCTION):
        return
    assert ctx.spec.mode == "Act"
    assert not ctx.spec.suspend
    assert not ctx.facts.deleting
    assert decided.status.hold is None
    assert decided.status.adopted_at is not None


@PROFILE
@given(worlds())
def test_a_hold_stops_the_pass_that_finds_it(world: World) -> None:
    """A hold that was there before lets nothing through, released or not."""
    ctx, before = world
    decided = plan(ctx, before)
    if before.hold is not None:
        assert not isinstance(decided.effect, PRODUCTION)


@PROFILE
@given(worlds())
def test_deletion_builds_nothing(world: World) -> None:
    """For an object that is being deleted nothing is created or removed."""
    ctx, before = world
    ctx = replace(ctx, facts=replace(ctx.facts, deleting=True))
    assert plan(ctx, before).effect is None


@PROFILE
@given(worlds())
def test_pace(world: World) -> None:
    """No attempt is intended inside the cooldown or over the budget."""
    ctx, before = world
    after = plan(ctx, before).status
    known = {past.id for past in before.attempts}
    # An object without status takes up the attempts whose Jobs it finds.
    found = {job.name for job in ctx.children.jobs} if ctx.children else set()
    new = [
        past
        for past in after.attempts
        if past.id not in known and ctx.name.training_job(past.id) not in found
    ]
    if not new:
        return
    policy = ctx.spec.retraining
    assert policy is not None
    assert ctx.spec.mode == "Act"
    if before.attempts:
        rested = before.attempts[-1].started_at + duration(policy.cooldown)
        assert ctx.now >= rested
    since = ctx.now - duration(policy.budget.per)
    spent = [past for past in before.attempts if past.started_at > since]
    assert len(spent) < policy.budget.attempts


@PROFILE
@given(worlds())
def test_training_was_intended_and_searched_for(world: World) -> None:
    """Training starts for an intent of an earlier pass, after a complete search."""
    ctx, before = world
    decided = plan(ctx, before)
    if not isinstance(decided.effect, effects.StartTraining):
        return
    assert before.attempt is not None
    assert before.attempt.state == "Intended"
    assert decided.effect.attempt.id == before.attempt.id
    assert ctx.registry is not None
    assert ctx.registry.attempt_search_complete
    assert not ctx.registry.attempt_versions


@PROFILE
@given(worlds())
def test_a_push_was_proven_and_searched_for(world: World) -> None:
    """A push follows a Passed evaluation, an earlier intent and a complete search."""
    ctx, before = world
    decided = plan(ctx, before)
    if not isinstance(decided.effect, effects.PushPromotion):
        return
    change = decided.effect.change
    assert before.promotion is not None
    assert before.promotion.state == "Proposed"
    assert change.promotion_id == before.promotion.id
    assert before.evaluation is not None
    assert before.evaluation.state == "Passed"
    assert before.evaluation.id == before.promotion.evaluation
    assert ctx.git is not None
    assert ctx.git.trace is None
    assert ctx.git.trace_complete
    assert ctx.git.value == change.old


@PROFILE
@given(worlds())
def test_a_champion_is_what_git_says(world: World) -> None:
    """The champion alias only moves to the version whose value Git holds."""
    ctx, before = world
    effect = plan(ctx, before).effect
    if isinstance(effect, effects.MarkChampion):
        assert before.promotion is not None
        assert ctx.git is not None
        assert ctx.git.value == before.promotion.to_value
        assert effect.change.version == before.promotion.version


@PROFILE
@given(worlds())
def test_only_passed_candidates_are_marked(world: World) -> None:
    """The candidate alias moves to nothing but a version that passed."""
    ctx, before = world
    decided = plan(ctx, before)
    if isinstance(decided.effect, effects.MarkCandidate):
        proof = decided.status.evaluation
        assert proof is not None
        assert (proof.state, proof.candidate) == ("Passed", decided.effect.version)


@PROFILE
@given(worlds())
def test_wakes_up(world: World) -> None:
    """The next look is never in the past and never further off than two resyncs."""
    ctx, before = world
    wake = plan(ctx, before).wake_at
    assert wake <= ctx.now + ctx.settings.resync * 2
    assert wake >= ctx.now - timedelta(0)


@PROFILE
@given(worlds())
def test_failed_effects_wait(world: World) -> None:
    """An effect that failed just now is not tried again before its pause is over."""
    ctx, before = world
    effect = plan(ctx, before).effect
    if effect is not None:
        assert ctx.retry_at(effect.key) is None


@PROFILE
@given(worlds(), st.integers(1, 5))
def test_decisions_are_told_once(world: World, more: int) -> None:
    """Transitions are told in the pass that makes them and never again."""
    ctx, status = world
    told: list[str] = []
    for _ in range(more + 1):
        decided = plan(ctx, status)
        told += [decision.id for decision in decided.decisions]
        status = decided.status
    assert len(told) == len(set(told))
