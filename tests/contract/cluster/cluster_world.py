"""What the tests of the cluster port need of a cluster, real or not."""

from collections.abc import Mapping
from typing import Protocol

from killick.act.manifests import JobOwner, check_cronjob
from killick.cluster.port import ClusterPort, Manifest
from killick.names import ObjectName, child_labels
from killick.plan.effects import ApplyCheck
from killick.resource.parse import parse_spec
from tests.fakes.world import spec

EFFECT = ApplyCheck("f1", "{}", "7 * * * *", suspend=False)


class World(Protocol):
    """A granted namespace with one ModelDeployment, and the hands of others on it."""

    port: ClusterPort
    unreachable: ClusterPort
    """The same server, as it is while it is down."""
    namespace: str
    name: str
    foreign: str
    """A namespace in which nothing was granted."""

    def refused(self) -> ClusterPort:
        """Return the port as it is in the foreign namespace."""
        ...

    def change_spec(self) -> None:
        """A person changes the object."""
        ...

    def put_secret(self, name: str, values: Mapping[str, str]) -> None:
        """A person stores a Secret."""
        ...

    def edit_cronjob(self, name: str, schedule: str) -> None:
        """A person edits a CronJob of ours."""
        ...

    def put_pod(self, name: str, labels: Mapping[str, str]) -> None:
        """A controller makes a pod."""
        ...

    def events(self) -> list[Manifest]:
        """Return the namespace's Events."""
        ...


def object_name(world: World) -> ObjectName:
    """Return the object's name."""
    return ObjectName("test", world.namespace, world.name)


async def current(world: World) -> Manifest:
    """Return the object as it is now."""
    found = await world.port.get_model_deployment(world.namespace, world.name)
    assert found is not None
    return found


def job(world: World, name: str, owner: str | None = None) -> Manifest:
    """Return a small Job that every namespace accepts; nothing runs it."""
    container = {
        "name": "main",
        "image": "none:1",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    pod = {
        "restartPolicy": "Never",
        "securityContext": {
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
    }
    labels = child_labels(owner or world.name, "training")
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": world.namespace, "labels": labels},
        "spec": {"suspend": True, "template": {"spec": pod}},
    }


async def cronjob(world: World, effect: ApplyCheck = EFFECT) -> Manifest:
    """Return the check's CronJob as the operator builds it."""
    uid = (await current(world))["metadata"]["uid"]
    owner = JobOwner(object_name(world), uid, parse_spec(spec()), "worker:1")
    return check_cronjob(owner, effect)
