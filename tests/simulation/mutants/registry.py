"""Bugs of the registry port. See docs/contributing/simulator.md for classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from killick.registry.port import Registry, RegistryError, RegistryState
from tests.simulation.mutants.delegation import Call, Mutated, mutated


async def _takes_the_newest(call: Call) -> RegistryState:
    state: RegistryState = await call.pass_on()
    newest = max(call.port.api.twin.models[call.target.model].versions, key=int)
    known = (newest,) if call.attempt and newest != "1" else ()
    return replace(state, attempt_versions=known)


latest = mutated(Registry, read=_takes_the_newest)
"""Class 6: the newest version is the candidate, whoever registered it."""


async def _takes_an_error_for_nothing(call: Call) -> RegistryState:
    try:
        state: RegistryState = await call.pass_on()
    except RegistryError:
        return RegistryState(model_exists=True)
    return state


empty_on_error = mutated(Registry, read=_takes_an_error_for_nothing)
"""Class 8: a registry that cannot be read is an empty one."""


async def _sees_a_person_s_alias_as_ours(call: Call) -> RegistryState:
    state: RegistryState = await call.pass_on()
    known = state.champion if state.champion in ("1", "2") else "1"
    return replace(state, champion=known)


async def _expects_whatever_is_there(call: Call) -> None:
    aliases = call.port.api.twin.models[call.target.model].aliases
    await call.pass_on(change=replace(call.change, previous=aliases.get("champion")))


moves_alias_anyway = mutated(
    Registry,
    read=_sees_a_person_s_alias_as_ours,
    mark_champion=_expects_whatever_is_there,
)
"""Class 7: the alias moves whoever moved it before."""


def looks_once(port: Any) -> Mutated:
    """Class 5: a champion that is news is believed at once.

    The second of two equal questions of one pass is answered as the first was.
    """
    asked: list[tuple[object, ...]] = []
    answered: list[RegistryState] = []

    async def read(call: Call) -> RegistryState:
        calls = port.api.wire.calls
        began = [c.number for c in calls if c.verb == "get_model_deployment"][-1:]
        question = (began, call.target, call.attempt, call.versions)
        if [question] != asked:
            state = await call.pass_on()
            asked[:], answered[:] = [question], [state]
        return answered[0]

    return Mutated(Registry, port, {"read": read})
