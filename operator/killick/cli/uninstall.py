"""`killick uninstall`: takes Killick out of a cluster and leaves nobody stuck.

    1. its Deployment, and the pods of it
    2. its rights: whatever still runs somewhere can write nothing from now on
    3. its finalizer on every ModelDeployment, until no object has it
    4. the CronJobs of checks; Jobs that run go on to their end
    5. the rest: policies, roles, its namespace with all that is in it
    6. only if asked: the CRD, with every ModelDeployment and, by ownership, their Jobs

The order matters: an operator that still had its rights would put the finalizer back.
What is gone already is passed over, so it can be run again after it was interrupted.
Nothing in Git or in MLflow is touched.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from killick.cluster.kube import PAGE, KubeCluster
from killick.cluster.port import Manifest
from killick.errors import Conflict, KillickError
from killick.names import (
    FINALIZER,
    GROUP,
    LABEL_MANAGED_BY,
    LABEL_PURPOSE,
    MANAGER,
    PLURAL,
    PURPOSE_CHECK,
    VERSION,
)
from killick.reasons import Reason

SYSTEM = "killick-system"
LIMIT = 60.0  # seconds that anything is waited for
PERIOD = 0.5  # seconds
SETTLED = 2.0  # seconds without a finalizer that came back
RBAC = "/apis/rbac.authorization.k8s.io/v1"
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
NETWORK = "/apis/networking.k8s.io/v1"
OBJECTS = f"/apis/{GROUP}/{VERSION}/{PLURAL}"
CRD = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{PLURAL}.{GROUP}"
DEPLOYMENT = f"/apis/apps/v1/namespaces/{SYSTEM}/deployments/killick"
PODS = f"/api/v1/namespaces/{SYSTEM}/pods"
# RoleBindings, as deploy/ names them.
BINDINGS = ("killick", "killick-tenant", "killick-settings")
CLUSTER_BINDINGS = ("killick", "killick-release")
ROLES = ("killick", "killick-tenant", "killick-release")
POLICIES = ("killick-author-rights", "killick-operator-writes")
NETWORK_POLICY = "killick-work"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """What of Killick is in a cluster: paths below the API server, by step.

    `holding` are the ModelDeployments that have the finalizer, among `objects`.
    """

    deployment: tuple[str, ...]
    rights: tuple[str, ...]
    objects: tuple[str, ...]
    holding: tuple[str, ...]
    checks: tuple[str, ...]
    rest: tuple[str, ...]
    crd: tuple[str, ...]

    def lines(self, *, crd: bool) -> list[str]:
        """Return what would be done, a line each."""
        gone = (*self.deployment, *self.rights, *self.checks, *self.rest)
        lines = [f"delete {display_path(path)}" for path in gone]
        lines += [
            f"take the finalizer off {display_path(path)}" for path in self.holding
        ]
        count = len(self.objects)
        if crd:
            lines += [f"delete {display_path(path)}" for path in self.crd]
            lines += [f"delete {display_path(path)}" for path in self.objects]
        elif self.crd:
            lines.append(f"keep the CRD and {count} ModelDeployments (see --crd)")
        return lines


def display_path(path: str) -> str:
    """Return a path of the API server as kubectl would name it."""
    parts = path.strip("/").split("/")
    parts = parts[2:] if parts[0] == "api" else parts[3:]
    if parts[0] == "namespaces" and len(parts) > 2:
        return f"{parts[2]}/{parts[3]} in namespace {parts[1]}"
    return "/".join(parts)


async def find(cluster: KubeCluster) -> Found:
    """Look for everything that `deploy/` installs and the operator makes."""
    bindings = [
        _path(RBAC, "rolebindings", one)
        for one in await _list(cluster, f"{RBAC}/rolebindings")
        if one["metadata"]["name"] in BINDINGS
        and one["roleRef"]["name"] == one["metadata"]["name"]
    ]
    fences = [
        _path(NETWORK, "networkpolicies", one)
        for one in await _list(cluster, f"{NETWORK}/networkpolicies")
        if one["metadata"]["name"] == NETWORK_POLICY
    ]
    labels = f"{LABEL_MANAGED_BY}={MANAGER},{LABEL_PURPOSE}={PURPOSE_CHECK}"
    cronjobs = await _list(cluster, "/apis/batch/v1/cronjobs", labels)
    objects = await _list(cluster, OBJECTS)
    admission = [
        f"{ADMISSION}/{kind}/{name}"
        for name in POLICIES
        for kind in (
            "validatingadmissionpolicybindings",
            "validatingadmissionpolicies",
        )
    ]
    roles = [f"{RBAC}/clusterroles/{name}" for name in ROLES]
    cluster_wide = (*admission, *roles, f"/api/v1/namespaces/{SYSTEM}")
    bound = [f"{RBAC}/clusterrolebindings/{name}" for name in CLUSTER_BINDINGS]
    return Found(
        deployment=await _existing(cluster, DEPLOYMENT),
        rights=(*await _existing(cluster, *bound), *bindings),
        objects=tuple(map(_object, objects)),
        holding=tuple(map(_object, filter(_held, objects))),
        checks=tuple(_path("/apis/batch/v1", "cronjobs", one) for one in cronjobs),
        rest=(*fences, *await _existing(cluster, *cluster_wide)),
        crd=await _existing(cluster, CRD),
    )


async def uninstall(cluster: KubeCluster, found: Found, say: Say, *, crd: bool) -> None:
    """Remove what was found; raises KillickError with what a person can do."""
    await _delete(cluster, found.deployment, say)
    if not await _until(_no_pods(cluster)):
        say(f"pods of the operator are still in {SYSTEM}: only their rights go")
    await _delete(cluster, found.rights, say)
    await _release(cluster, say)
    await _delete(cluster, found.checks, say)
    await _delete(cluster, found.rest, say)
    if crd:
        await _delete(cluster, found.crd, say)
    waited = (*found.rest, *(found.crd if crd else ()))
    for path in waited:
        if not await _until(_is_gone(cluster, path)):
            message = (
                f"{display_path(path)} is being deleted and not gone yet: look at it"
            )
            raise KillickError(message, Reason.STILL_THERE)


async def _release(cluster: KubeCluster, say: Say) -> None:
    """Take the finalizer off until no object has had it for a while.

    Each API server learns of rights that are gone in its own time.
    """
    end = time.monotonic() + LIMIT
    clean_since = time.monotonic()
    while time.monotonic() < clean_since + SETTLED:
        held = [one for one in await _list(cluster, OBJECTS) if _held(one)]
        for manifest in held:
            await _remove_finalizer(cluster, manifest, say)
        if held:
            clean_since = time.monotonic()
        if clean_since > end:
            message = (
                f"the finalizer comes back on {display_path(_object(held[0]))}: "
                "an operator "
                "runs somewhere with other rights; stop it and try again"
            )
            raise KillickError(message, Reason.OPERATOR_RUNS)
        await asyncio.sleep(PERIOD)


async def _remove_finalizer(cluster: KubeCluster, manifest: Manifest, say: Say) -> None:
    metadata = manifest["metadata"]
    others = [name for name in metadata["finalizers"] if name != FINALIZER]
    without = {**manifest, "metadata": {**metadata, "finalizers": others}}
    try:
        await cluster.request("PUT", _object(manifest), without)
    except Conflict:
        return  # the next look has it again
    except KillickError as error:
        if error.reason != "NotFound":
            raise
    say(f"let go of {display_path(_object(manifest))}")


async def _delete(cluster: KubeCluster, paths: tuple[str, ...], say: Say) -> None:
    for path in paths:
        try:
            await cluster.request("DELETE", path, {"propagationPolicy": "Background"})
        except KillickError as error:
            if error.reason not in ("NotFound", "Conflict"):
                raise
        say(f"deleted {display_path(path)}")


def _no_pods(cluster: KubeCluster) -> Callable[[], Awaitable[bool]]:
    async def gone() -> bool:
        return not await _list(cluster, PODS, "app.kubernetes.io/name=killick")

    return gone


def _is_gone(cluster: KubeCluster, path: str) -> Callable[[], Awaitable[bool]]:
    async def gone() -> bool:
        return not await _existing(cluster, path)

    return gone


async def _until(true: Callable[[], Awaitable[bool]]) -> bool:
    end = time.monotonic() + LIMIT
    while not await true():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(PERIOD)
    return True


async def _existing(cluster: KubeCluster, *paths: str) -> tuple[str, ...]:
    found = []
    for path in paths:
        try:
            await cluster.request("GET", path)
        except KillickError as error:
            if error.reason != "NotFound":
                raise
        else:
            found.append(path)
    return tuple(found)


async def _list(cluster: KubeCluster, path: str, labels: str = "") -> list[Manifest]:
    """Return all items; none where the API server does not know the kind."""
    items: list[Manifest] = []
    token = ""
    while True:
        query = [("limit", str(PAGE)), ("labelSelector", labels), ("continue", token)]
        try:
            page = await cluster.request("GET", path, None, query)
        except KillickError as error:
            if error.reason == "NotFound":
                return []
            raise
        items += page["items"]
        token = page.get("metadata", {}).get("continue") or ""
        if not token:
            return items


def _path(group: str, plural: str, manifest: Manifest) -> str:
    metadata = manifest["metadata"]
    return f"{group}/namespaces/{metadata['namespace']}/{plural}/{metadata['name']}"


def _object(manifest: Manifest) -> str:
    return _path(f"/apis/{GROUP}/{VERSION}", PLURAL, manifest)


def _held(manifest: Manifest) -> bool:
    return FINALIZER in (manifest["metadata"].get("finalizers") or ())
