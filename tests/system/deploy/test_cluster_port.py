"""The cluster port's contract on a real API server, with the rights that we ship."""

import base64
import json
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import yaml
from kubernetes.aio import client, config

from dev.kubernetes.cluster import LocalCluster
from dev.operator_program import ACCOUNT, NAMESPACE, REPOSITORY, grant, install
from dev.processes.ports import free_port
from killick.cluster.kube import KubeCluster
from killick.cluster.port import ClusterPort, Manifest
from killick.errors import Conflict, KillickError
from killick.plan.planner import plan
from killick.record.status import write_status
from killick.resource.drift_status import Window
from killick.resource.status import Condition, parse_status, status_dict
from tests.contract.cluster.cluster_contract import (
    ClusterContract,
    World,
    cronjob,
    current,
    job,
)
from tests.fakes.world import spec
from tests.unit.plan import builders as b
from tests.unit.plan.schema import accepted


@pytest.fixture(scope="module")
def granted(cluster: LocalCluster) -> Iterator[str]:
    """Return a namespace in which the operator may work."""
    install(cluster)
    name = cluster.create_namespace(f"port-{secrets.token_hex(4)}")
    grant(cluster, name)
    yield name
    cluster.delete_namespace(name)


async def port_of(
    cluster: LocalCluster, server: str | None = None, page: int = 500
) -> KubeCluster:
    """Return the adapter as the operator's ServiceAccount."""
    settings = client.Configuration()
    settings.client_side_validation = False
    path = cluster.serviceaccount_kubeconfig(NAMESPACE, ACCOUNT)
    await config.load_kube_config(str(path), client_configuration=settings)
    settings.host = server or settings.host
    return KubeCluster(client.ApiClient(configuration=settings), page)


class RealWorld:
    """A namespace of the local cluster, and its administrator."""

    foreign = "default"

    def __init__(self, cluster: LocalCluster, namespace: str) -> None:
        self.cluster, self.namespace = cluster, namespace
        self.name = f"m-{secrets.token_hex(4)}"
        self.port: ClusterPort
        self.unreachable: ClusterPort
        self.put_object(spec())

    def put_object(self, raw: dict[str, Any]) -> None:
        """Create the object or change its spec."""
        metadata = {"name": self.name, "namespace": self.namespace}
        self.cluster.apply(
            {
                "apiVersion": "killick.dev/v1alpha1",
                "kind": "ModelDeployment",
                "metadata": metadata,
                "spec": raw,
            }
        )

    def refused(self) -> ClusterPort:
        """See the contract."""
        return self.port

    def change_spec(self) -> None:
        """See the contract."""
        self.put_object(spec(suspend=True))

    def put_secret(self, name: str, values: Mapping[str, str]) -> None:
        """See the contract."""
        data = {k: base64.b64encode(v.encode()).decode() for k, v in values.items()}
        self.put(name, "Secret", data=data)

    def put(self, name: str, kind: str, **parts: Any) -> None:
        """Apply a core object."""
        metadata = {"name": name, "namespace": self.namespace}
        metadata |= parts.pop("metadata", {})
        self.cluster.apply(
            {"apiVersion": "v1", "kind": kind, "metadata": metadata, **parts}
        )

    def edit_cronjob(self, name: str, schedule: str) -> None:
        """See the contract."""
        patch = json.dumps({"spec": {"schedule": schedule}})
        self.cluster.kubectl(
            *("patch", "cronjob", name, "-n", self.namespace, "-p", patch)
        )

    def put_pod(self, name: str, labels: Mapping[str, str]) -> None:
        """See the contract."""
        pod = job(self, name)["spec"]["template"]["spec"]
        self.put(name, "Pod", spec=pod, metadata={"labels": dict(labels)})

    def events(self) -> list[Manifest]:
        """See the contract."""
        found: list[Manifest] = self.cluster.get("events", "-n", self.namespace)[
            "items"
        ]
        return found


@pytest.fixture
async def world(cluster: LocalCluster, granted: str) -> AsyncIterator[RealWorld]:
    """Return a fresh object in the granted namespace."""
    made = RealWorld(cluster, granted)
    port = await port_of(cluster)
    away = await port_of(cluster, f"https://127.0.0.1:{free_port()}")
    made.port, made.unreachable = port, away
    yield made
    await port.close()
    await away.close()


class TestKube(ClusterContract):
    """The contract on a real API server."""

    @pytest.fixture
    def world(self, world: RealWorld) -> World:
        """The module's world."""
        return world


async def test_a_status_at_all_its_bounds_is_stored(world: RealWorld) -> None:
    """The API server takes the largest status that we write, and loses nothing."""
    text, kinds = "\N{GRINNING FACE} x" * 400, ("Ready", "Stalled", "Held", "Promoted")
    windows = tuple(
        Window(
            b.NOW,
            b.NOW,
            "NoDrift",
            "R" * 60,
            text,
            rows=2**31 - 1,
            drifted=2**31 - 1,
            checked=2**31 - 1,
            percent=2**31 - 1,
            borderline=True,
        )
        for _ in "ten" * 3
    )
    before = b.promoting(
        "Done",
        hold=replace(b.held(), message=text),
        episode=b.episode(message=text),
        drift=replace(b.adopted().drift, windows=windows, message=text),
        conditions=tuple(Condition(k, "True", "R", text, b.NOW, 1) for k in kinds),
    )
    wanted = plan(b.context(), before).status
    accepted(wanted)
    assert await write_status(world.port, await current(world), wanted)
    found = (await current(world))["status"]
    assert found == status_dict(wanted)
    assert parse_status(found) == wanted


async def test_many_jobs_come_in_pages(cluster: LocalCluster, world: RealWorld) -> None:
    """A list of more Jobs than a page holds is complete."""
    for number in range(5):
        await world.port.create_job(job(world, f"{world.name}-{number}"))
    port = await port_of(cluster, page=2)
    found = await port.list_jobs(world.namespace, world.name)
    await port.close()
    assert len({one["metadata"]["name"] for one in found}) == 5


async def test_a_foreign_label_on_our_cronjob_stays(world: RealWorld) -> None:
    """Applying takes back what is ours and leaves alone what is not."""
    wanted = await cronjob(world)
    name = wanted["metadata"]["name"]
    await world.port.apply_cronjob(wanted)
    world.cluster.kubectl(*("label", "cronjob", name, "team=ml", "-n", world.namespace))
    await world.port.apply_cronjob(wanted)
    found = await world.port.get_cronjob(world.namespace, name)
    assert found is not None
    assert found["metadata"]["labels"]["team"] == "ml"


async def test_a_secret_of_bytes_is_refused(world: RealWorld) -> None:
    """A Secret that is not text is an error that does not quote it."""
    data = {"key": base64.b64encode(b"\xff\xfe secret").decode()}
    world.put("bytes", "Secret", data=data)
    with pytest.raises(KillickError) as caught:
        await world.port.get_secret(world.namespace, "bytes")
    assert caught.value.reason == "SecretUnreadable"
    assert "secret" not in caught.value.message.replace("Secret", "")


async def test_a_refused_manifest_keeps_the_servers_words(world: RealWorld) -> None:
    """What the API server finds wrong with a Job is in the error."""
    wrong = job(world, f"{world.name}-w")
    wrong["spec"]["template"]["spec"]["restartPolicy"] = "Always"
    with pytest.raises(KillickError) as caught:
        await world.port.create_job(wrong)
    assert caught.value.reason == "Invalid"
    assert "restartPolicy" in caught.value.message


async def test_a_conflict_leaves_the_other_status(world: RealWorld) -> None:
    """Of two writers with one resourceVersion the first one's status remains."""
    old = await current(world)
    await write_status(world.port, old, b.adopted())
    with pytest.raises(Conflict):
        await write_status(world.port, old, b.adopted(hold=b.held()))
    assert parse_status((await current(world))["status"]) == b.adopted()


def test_the_rights_are_those_of_the_repository(cluster: LocalCluster) -> None:
    """The port was tested with the rules that deploy/ ships, not with more."""
    found = cluster.get("clusterrole", "killick-tenant")["rules"]
    shipped = (REPOSITORY / "deploy/base/clusterrole-tenant.yaml").read_text()
    assert found == yaml.safe_load(shipped)["rules"]
