"""Which of the served namespaces grant the operator its rights.

kopf starts no daemon before it has listed the objects of every namespace it was given.
A namespace that is missing or grants no rights would block all others, so it is left
out and tried again periodically.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from killick.cluster.kube import MODEL_DEPLOYMENTS, KubeCluster, connect
from killick.errors import KillickError, NotGranted

log = logging.getLogger("killick.runtime.namespace_access")


async def can_list(cluster: KubeCluster, namespace: str) -> bool | None:
    """Return whether its objects may be listed; None if the answer is unknown now."""
    path = MODEL_DEPLOYMENTS.format(namespace=namespace)
    try:
        await cluster.request("GET", path, None, [("limit", "1")])
    except NotGranted as error:
        log.debug(
            "Namespace is not served",
            extra={"namespace": namespace, "error": error.message},
        )
        return False
    except KillickError:
        return None
    return True


async def inaccessible_namespaces(namespaces: tuple[str, ...]) -> tuple[str, ...]:
    """Return which namespaces cannot be served now; none if that is all of them."""
    try:
        cluster = KubeCluster(await connect())
    except KillickError:
        return ()
    try:
        denied = [n for n in namespaces if await can_list(cluster, n) is False]
    finally:
        await cluster.close()
    for namespace in denied:
        log.warning(
            "Namespace is left out: it grants no rights; apply deploy/tenant there",
            extra={"namespace": namespace},
        )
    return tuple(denied) if len(denied) < len(namespaces) else ()


async def await_grant(
    cluster: KubeCluster,
    missing: tuple[str, ...],
    period: float,
    end: Callable[[], None],
) -> None:
    """Call `end` once a namespace grants its rights; a new process then serves it."""
    while missing:
        await asyncio.sleep(period)
        for namespace in missing:
            if await can_list(cluster, namespace):
                log.info(
                    "Namespace grants its rights; this operator restarts to serve it",
                    extra={"namespace": namespace},
                )
                end()
                return
