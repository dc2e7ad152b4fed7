"""What ends, ends cleanly: a ModelDeployment with all its own, and the operator."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from killick.names import FINALIZER
from tests.system.support import loop_manifests as manifests
from tests.system.support.loop_manifests import NAME, Json
from tests.system.support.loop_world import CHANGED, LoopWorld

CORPUS = sorted((Path(__file__).parents[3] / "corpus" / "status").glob("v*/*.json"))
OBJECTS = "/apis/killick.dev/v1alpha1/namespaces/{}/modeldeployments"
SLEEP = ["python", "-c", "import time; time.sleep(300)"]


def left(world: LoopWorld, path: str) -> list[str]:
    """Return the names of the objects that are still there."""
    items = world.api.send("GET", path, {}).body["items"]
    return [item["metadata"]["name"] for item in items]


def released(world: LoopWorld) -> dict[str, str]:
    """Return the last word on each object of the namespace."""
    found = world.cluster.get("events", "--namespace", world.namespace)["items"]
    return {
        event["involvedObject"]["name"]: f"{event['type']}: {event['message']}"
        for event in found
        if event["reason"] == "Released"
    }


def test_deletion_is_clean(adopted_world: LoopWorld) -> None:
    """Deleting the object ends its metrics and its CronJob, and nothing hangs."""
    world = adopted_world
    world.start()
    label = f'namespace="{world.namespace}"'
    world.wait_listed("cronjobs", f"{NAME}-check")
    world.wait("its metrics", world.metrics, lambda text: label in text)
    world.kubectl("delete", "modeldeployment", NAME, "--timeout=60s")
    world.wait("no metrics", world.metrics, lambda text: label not in text)
    world.wait_gone("cronjobs", f"{NAME}-check")
    assert released(world)[NAME].startswith("Normal: Nothing was in progress")
    assert world.process.alive


def test_a_training_goes_with_its_object(adopted_world: LoopWorld) -> None:
    """A running training Job is deleted and named; the registry stays as it was."""
    world = adopted_world
    template = manifests.training_cronjob(world.namespace)
    (train,) = template["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    train["command"] = SLEEP
    world.cluster.apply(template)
    world.feed(CHANGED)
    world.start()
    world.check()
    look = world.until("a run", lambda look: look.at("attempt.state") == "Running")
    world.kubectl("delete", "modeldeployment", NAME, "--timeout=60s")
    assert look.at("attempt.job") in released(world)[NAME]
    world.wait("the Job to go", lambda: world.jobs("training"), lambda jobs: not jobs)
    world.wait_gone("pods", "-train-")
    assert "line-train" in world.kubectl("get", "cronjobs")
    assert (world.versions(), world.alias("champion")) == (["1"], "1")
    assert world.promotions() == []


def test_an_open_promotion_is_named(proven_world: LoopWorld) -> None:
    """A promotion that Git refuses is left as it is, and told how to be found."""
    world = proven_world
    world.repository.install_hook("#!/bin/sh\nexit 1\n")
    before = world.repository.history()
    world.start()
    look = world.until(
        "a refused push", lambda look: "PushRejected" in look.condition("Promoted")
    )
    world.kubectl("delete", "modeldeployment", NAME, "--timeout=60s")
    trailer = f"Killick-Promotion: {look.at('promotion.id')}"
    assert released(world)[NAME].startswith("Warning: Left behind: promotion ")
    assert trailer in released(world)[NAME]
    assert world.repository.history() == before
    assert (world.versions(), world.alias("champion")) == (["1", "2"], "1")


class SilentServer:
    """Takes every connection and never says a word."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self.taken: list[socket.socket] = []
        host, port = listening.getsockname()
        self.url = f"http://{host}:{port}"

    def serve(self) -> None:
        """Take connections until the listening one is shut down."""
        with contextlib.suppress(OSError):
            while True:
                self.taken.append(self._listening.accept()[0])


@pytest.fixture
def silent() -> Iterator[SilentServer]:
    """Return a server that never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        server = SilentServer(listening)
        thread = threading.Thread(target=server.serve)
        thread.start()
        yield server
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in server.taken:
            connection.close()


def in_every_state(world: LoopWorld, silent: str) -> list[str]:
    """Create an object in each state of the corpus, of which nothing can be read."""
    names = []
    for number, path in enumerate(CORPUS):
        name = f"state-{number}"
        manifest = manifests.model_deployment(
            world.namespace, f"model-{number}", world.reference, f"{silent}/ops.git"
        )
        manifest["metadata"].update(name=name, finalizers=[FINALIZER])
        # A target of its own, or all but one would only be checked.
        manifest["spec"]["promotion"]["git"]["valuesPath"] = f"{name}.yaml"
        made = world.api.send("POST", OBJECTS.format(world.namespace), manifest)
        assert made.accepted, made.message
        status: Json = {**made.body, "status": json.loads(path.read_text())}
        where = f"{OBJECTS.format(world.namespace)}/{name}/status"
        assert world.api.send("PUT", where, status).accepted, path.stem
        names.append(name)
    return names


def test_every_state_is_let_go_though_nothing_answers(
    world: LoopWorld, silent: SilentServer
) -> None:
    """With MLflow and Git silent, an object in any state is gone within a minute.

    The operator never speaks to PostgreSQL, so its absence changes nothing.
    """
    names = in_every_state(world, silent.url)
    assert len(names) > 50
    world.operator = replace(world.operator, tracking_uri=silent.url)
    world.start()
    world.wait(
        "passes that wait for an answer",
        lambda: len(silent.taken),
        lambda count: count > 1,
    )
    path = OBJECTS.format(world.namespace)
    began = time.monotonic()
    assert world.api.send("DELETE", path, {}).accepted
    world.wait("them to go", lambda: left(world, path), lambda names: not names)
    assert time.monotonic() - began < 60
    assert sorted(released(world)) == sorted(names)
    assert world.process.alive


def test_deleted_while_nobody_looked(proven_world: LoopWorld) -> None:
    """An object that was deleted while the operator was away is let go at its start."""
    world = proven_world
    path = OBJECTS.format(world.namespace)
    patch = json.dumps({"metadata": {"finalizers": [FINALIZER]}})
    world.kubectl("patch", "mdep", NAME, "--type=merge", f"--patch={patch}")
    world.kubectl("delete", "modeldeployment", NAME, "--wait=false")
    world.start()
    world.wait("it to go", lambda: left(world, path), lambda names: not names)
    assert "version 2" in released(world)[NAME]


def test_termination_is_orderly(adopted_world: LoopWorld) -> None:
    """Asked to stop while it looks after an object, the operator exits with 0."""
    process = adopted_world.start()
    adopted_world.until("a first pass", lambda look: look.at("conditions"))
    process.ask_to_stop()
    assert process.wait(timeout=30) == 0
    assert adopted_world.look().manifest["metadata"]["finalizers"]
