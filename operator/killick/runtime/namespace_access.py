"""Which of the served namespaces have let the operator in.

kopf starts no daemon before it has listed the objects of every namespace it was given.
So one that is missing, or whose owner took the grant back, would keep all others
waiting for good: it is left out, and looked at again and again until it lets us in.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from killick.cluster.kube import MODEL_DEPLOYMENTS, KubeCluster, connect
from killick.errors import KillickError, NotGranted

log = logging.getLogger("killick.runtime.namespace_access")


async def can_list(cluster: KubeCluster, namespace: str) -> bool | None:
    """Return whether its objects may be listed; None if that cannot be told now."""
    path = MODEL_DEPLOYMENTS.format(namespace=namespace)
    try:
        await cluster.request("GET", path, None, [("limit", "1")])
    except NotGranted as error:
        log.debug("%s is not served: %s", namespace, error.message)
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
        found = [n for n in namespaces if await can_list(cluster, n) is False]
    finally:
        await cluster.close()
    for namespace in found:
        log.warning("%s has not let this operator in and is left out", namespace)
    return tuple(found) if len(found) < len(namespaces) else ()


async def await_grant(
    cluster: KubeCluster,
    missing: tuple[str, ...],
    period: float,
    end: Callable[[], None],
) -> None:
    """Call `end` once a namespace lets us in; a new process then serves it."""
    while missing:
        await asyncio.sleep(period)
        for namespace in missing:
            if await can_list(cluster, namespace):
                log.info("%s let us in: this operator ends, to serve it", namespace)
                end()
                return
