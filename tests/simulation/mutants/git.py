"""Bugs of the Git port. See docs/contributing/simulator.md for classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from killick.gitops.port import (
    GitError,
    GitPort,
    GitState,
    GitTarget,
    GitUnreachable,
    Landed,
    PushOutcome,
    Unknown,
)
from tests.fakes.git import FakeCommit
from tests.simulation.mutants.delegation import Call, Mutated, mutated

DEEP = b"[" * 200


def _branches(call: Call) -> dict[str, FakeCommit]:
    """Return the branches of the repository that a call is about."""
    branches: dict[str, FakeCommit] = call.port.server.repositories[
        call.target.url
    ].branches
    return branches


async def _finds_no_trace(call: Call) -> GitState:
    state: GitState = await call.pass_on()
    return replace(state, trace=None, trace_complete=True)


async def _searches_from_the_head(call: Call) -> PushOutcome:
    head = _branches(call)[call.target.branch].sha
    outcome: PushOutcome = await call.pass_on(change=replace(call.change, base=head))
    return outcome


untraced = mutated(GitPort, read=_finds_no_trace, push_value=_searches_from_the_head)
"""Class 4: the history is not searched before a push."""


async def _reads_a_third_value_as_expected(call: Call) -> GitState:
    state: GitState = await call.pass_on()
    return replace(state, value=(state.value or "").replace("/7", "/1"))


async def _expects_whatever_is_there(call: Call) -> PushOutcome:
    state: GitState = await call.port.read(call.target, call.credentials)
    change = replace(call.change, old=state.value or "")
    outcome: PushOutcome = await call.pass_on(change=change)
    return outcome


overwriting = mutated(
    GitPort,
    read=_reads_a_third_value_as_expected,
    push_value=_expects_whatever_is_there,
)
"""Class 7: the value is set whatever it is now."""


async def _removes_what_landed_in_between(call: Call) -> PushOutcome:
    branches, branch, path = _branches(call), call.target.branch, call.target.path
    base = branches[branch]
    outcome: PushOutcome = await call.pass_on()
    head = branches[branch]
    if isinstance(outcome, Landed) and head.parent is not base:
        old = base.files[path].replace(b"/1 ", b"/2 ", 1)
        files = {**base.files, path: old}
        branches[branch] = replace(head, parent=base, files=files).named()
        call.port.wire.written(call.port.wire.calls[-1])
    return outcome


forcing = mutated(GitPort, push_value=_removes_what_landed_in_between)
"""Class 7: the branch is forced to our commit, on the head that was seen before."""


async def _pushes_again_in_another_way(call: Call) -> PushOutcome:
    outcome: PushOutcome = await call.pass_on()
    if isinstance(outcome, Unknown):
        change = call.change
        again = replace(change, promotion_id=f"{change.promotion_id}-again", base=None)
        again = replace(again, old=change.new, new=f"{change.new}0")
        outcome = await call.pass_on(change=again)
    return outcome


repushing = mutated(GitPort, push_value=_pushes_again_in_another_way)
"""Class 4: a push without an answer is taken as landed, and a second one made."""


def first_target(port: Any) -> Mutated:
    """Class 10: one look at a repository is given to every object."""
    first: dict[str, GitTarget] = {}

    async def read(call: Call) -> GitState:
        target = first.setdefault(call.target.url, call.target)
        state: GitState = await call.pass_on(target=target)
        return state

    return Mutated(GitPort, port, {"read": read})


async def _names_the_token(call: Call) -> GitState:
    try:
        state: GitState = await call.pass_on()
    except GitError as error:
        token = call.credentials.password if call.credentials else ""
        raise GitUnreachable(f"{error.message} with {token}") from error
    return state


talkative = mutated(GitPort, read=_names_the_token)
"""Class 8: an error's text holds the token."""


async def _dies_of_a_deep_file(call: Call) -> GitState:
    state: GitState = await call.pass_on()
    if DEEP in _branches(call)[call.target.branch].files[call.target.path]:
        call.port.wire.die()
    return state


overflowing = mutated(GitPort, read=_dies_of_a_deep_file)
"""Class 10: a file that is nested too deep ends the process, again and again."""
