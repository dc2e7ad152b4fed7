"""The other objects that claim what this one claims, from the watch of all of them.

Only the namespaces that the operator serves are seen. No right of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from killick.cluster.port import Manifest
from killick.errors import InvalidSpec
from killick.names import ObjectName
from killick.plan.facts import ConflictingObject
from killick.plan.rules.ownership import claims
from killick.resource.codec import parse_time
from killick.resource.parse import parse_spec
from killick.resource.spec import Spec

TargetIndex = Callable[[str], Iterable[ConflictingObject]]
"""Gives all objects, this one included, that make a claim."""


def no_conflicts(_claim: str) -> Iterable[ConflictingObject]:
    """Know of no other object."""
    return ()


def claims_of(
    manifest: Manifest, tracking_uri: str | None
) -> dict[str, ConflictingObject]:
    """Return what an object claims; one whose spec is invalid claims nothing."""
    metadata = manifest["metadata"]
    try:
        spec = parse_spec(manifest.get("spec"))
    except InvalidSpec:
        return {}
    created = parse_time(metadata["creationTimestamp"])
    return {
        claim: ConflictingObject(metadata["namespace"], metadata["name"], created, what)
        for what, claim in claims(spec, tracking_uri)
    }


def read_conflicts(
    index: TargetIndex, name: ObjectName, spec: Spec, tracking_uri: str | None
) -> tuple[ConflictingObject, ...]:
    """Return the other objects that claim any of an object's targets."""
    ours = (name.namespace, name.name)
    return tuple(
        conflict
        for _, claim in claims(spec, tracking_uri)
        for conflict in index(claim)
        if (conflict.namespace, conflict.name) != ours
    )
