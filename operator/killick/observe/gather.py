"""All readers of a pass, side by side."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from killick.cluster.port import ClusterPort
from killick.errors import KillickError
from killick.gitops.port import GitPort, GitState
from killick.names import ObjectName
from killick.observe.allowed_hosts import check_host
from killick.observe.children import read_children
from killick.observe.credentials import git_credentials, registry_credentials
from killick.observe.gitops import git_target, read_git
from killick.observe.registry import read_registry, registry_target
from killick.observe.target_conflicts import TargetIndex, no_conflicts, read_conflicts
from killick.plan.facts import Observation, Unknown
from killick.plan.needs import Needs
from killick.registry.port import Registry, RegistryState
from killick.resource.spec import Spec


@dataclass(frozen=True)
class Ports:
    """The world, as Killick sees it."""

    cluster: ClusterPort
    registry: Registry
    git: GitPort


@dataclass(frozen=True)
class Subject:
    """The object of a pass."""

    name: ObjectName
    uid: str
    spec: Spec
    tracking_uri: str | None
    allowed_hosts: tuple[str, ...] = ("*",)
    index: TargetIndex = no_conflicts


async def observe(ports: Ports, subject: Subject, needs: Needs) -> Observation:
    """Return one look at everything the pass needs; nothing raises."""
    children, registry, git = await asyncio.gather(
        read_children(ports.cluster, subject.name, subject.uid, subject.spec),
        _registry(ports, subject, needs),
        _git(ports, subject, needs),
    )
    conflicts = read_conflicts(
        subject.index, subject.name, subject.spec, subject.tracking_uri
    )
    return Observation(children, registry, git, conflicts)


async def _registry(
    ports: Ports, subject: Subject, needs: Needs
) -> RegistryState | Unknown | None:
    if not needs.registry:
        return None
    try:
        target = registry_target(subject.spec, subject.tracking_uri)
        if target.tracking_uri != subject.tracking_uri:
            check_host(target.tracking_uri, subject.allowed_hosts)
        credentials = await registry_credentials(
            ports.cluster, subject.name.namespace, subject.spec
        )
    except KillickError as error:
        return Unknown.of(error)
    return await read_registry(ports.registry, target, credentials, needs)


async def _git(
    ports: Ports, subject: Subject, needs: Needs
) -> GitState | Unknown | None:
    if not needs.git or subject.spec.promotion is None:
        return None
    target = git_target(subject.spec.promotion)
    try:
        check_host(target.url, subject.allowed_hosts)
        credentials = await git_credentials(
            ports.cluster, subject.name.namespace, subject.spec
        )
    except KillickError as error:
        return Unknown.of(error)
    return await read_git(ports.git, target, credentials, needs)
