"""Publishes the operator's settings in a ConfigMap, for the command line.

`killick plan` and `killick doctor` run with a person's kubeconfig, outside the
operator's pod. They read this ConfigMap, so that they use the operator's settings.
Rights: configmaps get and patch, by name, in the operator's own namespace. The
ConfigMap is among the manifests; it is never created here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from killick.cluster.kube import KubeCluster
from killick.cluster.port import Manifest
from killick.errors import KillickError
from killick.names import MANAGER
from killick.settings import Settings

log = logging.getLogger("killick.runtime.settings_publisher")
CONFIG_MAPS = "/api/v1/namespaces/{namespace}/configmaps/{name}"


def config_map(settings: Settings) -> Manifest:
    """Return the ConfigMap that holds the settings; it contains no credential."""
    namespace, _, name = settings.settings_config_map.partition("/")
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"namespace": namespace, "name": name},
        "data": settings.published(),
    }


async def publish(cluster: KubeCluster, settings: Settings) -> None:
    """Write the ConfigMap; nothing changes if it already holds these settings.

    Raises KillickError as the cluster port does.
    """
    manifest = config_map(settings)
    path = CONFIG_MAPS.format(**manifest["metadata"])
    query = [("fieldManager", MANAGER), ("force", "true")]
    await cluster.request("PATCH", path, manifest, query)


async def keep_published(
    cluster: KubeCluster,
    settings: Settings,
    leading: Callable[[], bool],
    period: float,
) -> None:
    """Publish now and every `period` seconds, while this operator leads.

    So a change by someone else does not last. A failure is logged once.
    """
    logged = ""
    while settings.settings_config_map:
        try:
            if leading():
                await publish(cluster, settings)
                logged = ""
        except KillickError as error:
            if error.message != logged:
                log.warning(
                    "Settings are not published, so `killick plan` and "
                    "`killick doctor` cannot read them; apply deploy/base",
                    extra={"reason": error.reason, "error": error.message},
                )
            logged = error.message
        await asyncio.sleep(period)
