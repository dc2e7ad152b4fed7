"""The model registry: aliases, versions and the attempt's run."""

from __future__ import annotations

from killick.errors import KillickError
from killick.plan.facts import Unknown
from killick.plan.needs import Needs
from killick.reasons import Reason
from killick.registry.port import (
    Credentials,
    Registry,
    RegistryError,
    RegistryState,
    RegistryTarget,
)
from killick.resource.spec import Spec


def registry_target(spec: Spec, default: str | None) -> RegistryTarget:
    """Return where the model is registered.

    Raises KillickError if neither the spec nor the operator's settings say.
    """
    uri = spec.registry.tracking_uri or default
    if not uri:
        message = "no MLflow address: set spec.registry.trackingURI"
        raise KillickError(message, Reason.NO_TRACKING_URI)
    aliases = spec.registry.aliases
    return RegistryTarget(uri, spec.model.name, aliases.champion, aliases.candidate)


async def read_registry(
    port: Registry, target: RegistryTarget, credentials: Credentials, needs: Needs
) -> RegistryState | Unknown:
    """Return one look at the model; a champion that is news is looked at twice."""
    try:
        state = await port.read(target, credentials, needs.attempt, needs.versions)
        if needs.champions is None or state.champion in needs.champions:
            return state
        return await port.read(target, credentials, needs.attempt, needs.versions)
    except RegistryError as error:
        return Unknown.of(error)
