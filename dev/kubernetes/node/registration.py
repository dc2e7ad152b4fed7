"""The Node object and its Lease: what keeps the node Ready in the cluster's eyes."""

import asyncio
import logging
import os
import platform
from datetime import UTC, datetime
from typing import Any

from dev.kubernetes.node.api import MERGE, OUTAGE, STRATEGIC, Api, ApiError
from dev.kubernetes.node.pod.spec import Json
from dev.kubernetes.node.pod.status import timestamp

_LOG = logging.getLogger("killick.node")
# Seconds. The node controller waits 40 s for a renewal before it doubts the node.
_PERIOD = 10.0
_LEASE_SECONDS = 40
_LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
# Far more than the machine has: the scheduler shall never hold a pod back here.
_CAPACITY = {
    "cpu": "256",
    "memory": "1Ti",
    "ephemeral-storage": "1Ti",
    "pods": "1000",
}


class Registration:
    """Registers the node and keeps saying that it is alive."""

    def __init__(self, api: Api, name: str, port: int = 0) -> None:
        self._api = api
        self._name = name
        self._port = port
        self._since = timestamp(datetime.now(UTC))

    async def run(self) -> None:
        """Register and renew for ever, over any outage."""
        wait = 0.1
        while True:
            try:
                await self._register()
                _LOG.info("node %s is registered", self._name)
                while True:
                    await asyncio.gather(self._renew(), self._report())
                    wait = 0.1
                    await asyncio.sleep(_PERIOD)
            except (ApiError, *OUTAGE) as error:
                _LOG.warning("registration: %s", error)
                await asyncio.sleep(wait)
                wait = min(wait * 2, _PERIOD / 2)

    async def _register(self) -> None:
        labels = {
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": _architecture(),
            "kubernetes.io/hostname": self._name,
        }
        meta: dict[str, Any] = {"name": self._name, "labels": labels}
        body = {"apiVersion": "v1", "kind": "Node", "metadata": meta}
        try:
            await self._api.call("POST", "/api/v1/nodes", body)
        except ApiError as error:
            if error.status != 409:
                raise

    async def _report(self) -> None:
        """Patch the node's status, with the heartbeat in its Ready condition."""
        await self._api.call(
            "PATCH",
            f"/api/v1/nodes/{self._name}/status",
            {"status": node_status(self._since, timestamp(datetime.now(UTC)))
             | _endpoint(self._port)},
            kind=STRATEGIC,
        )  # fmt: skip

    async def _renew(self) -> None:
        spec = {
            "holderIdentity": self._name,
            "leaseDurationSeconds": _LEASE_SECONDS,
            "renewTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        try:
            await self._api.call(
                "PATCH", f"{_LEASES}/{self._name}", {"spec": spec}, kind=MERGE
            )
        except ApiError as error:
            if error.status != 404:
                raise
            meta = {"name": self._name, "namespace": "kube-node-lease"}
            body = {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": meta,
                "spec": spec,
            }
            await self._api.call("POST", _LEASES, body)


def node_status(since: str, now: str) -> Json:
    """What the node says of itself: healthy, with room for everything."""

    def condition(kind: str, status: str, reason: str) -> Json:
        return {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": "a development node that runs pods as processes",
            "lastHeartbeatTime": now,
            "lastTransitionTime": since,
        }

    return {
        "capacity": _CAPACITY,
        "allocatable": _CAPACITY,
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
        "conditions": [
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID"),
            condition("Ready", "True", "KubeletReady"),
        ],
        "nodeInfo": {
            "machineID": "",
            "systemUUID": "",
            "bootID": "",
            "kernelVersion": platform.release(),
            "osImage": "processes on the host",
            "containerRuntimeVersion": "process://1",
            "kubeletVersion": "v1.36.3-killick",
            "kubeProxyVersion": "",
            "operatingSystem": "linux",
            "architecture": _architecture(),
        },
    }


def _endpoint(port: int) -> Json:
    return {"daemonEndpoints": {"kubeletEndpoint": {"Port": port}}} if port else {}


def _architecture() -> str:
    machine = os.uname().machine
    return _ARCHITECTURES.get(machine, machine)
