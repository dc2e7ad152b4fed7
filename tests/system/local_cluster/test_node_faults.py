"""The development node when pods are deleted, and when it or its server fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.kubernetes.cluster import KubectlError, LocalCluster
from dev.kubernetes.node.launch.session_reaper import processes
from dev.waiting import wait_until
from tests.system.local_cluster.node_bench import Bench, session_of, shell


@pytest.fixture
def bench(node: LocalCluster, namespace: str) -> Iterator[Bench]:
    """A namespace whose Jobs run on the node."""
    yield Bench(node, namespace)
    node.kubectl("delete", "jobs,pods", "--all", f"--namespace={namespace}")


def until_ended(session: int) -> None:
    """Wait until no process of the session is left."""
    wait_until(
        f"the end of session {session}",
        lambda: [pid for pid, found in processes() if found == session],
        lambda pids: not pids,
    )


def test_deletion_gives_a_grace_period_and_leaves_nothing(bench: Bench) -> None:
    """What ignores SIGTERM is killed after its grace period, with its children."""
    bench.create(
        shell("trap '' TERM; sleep 100 & while :; do sleep 0.1; done"),
        terminationGracePeriodSeconds=1,
    )
    session = session_of(bench.until_phase("Running"))
    assert session in {found for _, found in processes()}
    bench.delete("job/job")
    wait_until("the pod's end", bench.pod, lambda pod: not pod)
    assert session not in {found for _, found in processes()}


@pytest.mark.parametrize("how", ["TERM", "KILL"])
def test_a_node_that_restarts_runs_nothing_twice(
    bench: Bench, tmp_path: Path, how: str
) -> None:
    """Its containers end with it, their pods fail, and a new pod is served."""
    starts = tmp_path / "starts"
    bench.create(shell(f"echo x >> {starts}; sleep 100 & sleep 101"))
    session = session_of(bench.until_phase("Running"))
    wait_until("its start", starts.exists)
    if how == "KILL":
        bench.cluster.process("node").kill()
        until_ended(session)
    bench.cluster.restart("node")
    assert session not in {found for _, found in processes()}
    pod = bench.end()
    assert pod["status"]["phase"] == "Failed"
    assert pod["status"]["reason"] == "ContainerStatusUnknown"
    assert starts.read_text() == "x\n"
    bench.create(shell("true"), name="next")
    assert bench.end("next")["status"]["phase"] == "Succeeded"


def test_an_outage_of_the_api_server_is_survived(bench: Bench, tmp_path: Path) -> None:
    """A container that ends during the outage is reported after it."""
    go = tmp_path / "go"
    bench.create(shell(f"while ! test -e {go}; do sleep 0.05; done"))
    session = session_of(bench.until_phase("Running"))
    bench.cluster.stop("kube-apiserver")
    with pytest.raises(KubectlError):
        bench.cluster.kubectl("version")
    go.touch()
    until_ended(session)
    bench.cluster.start("kube-apiserver")
    assert bench.end()["status"]["phase"] == "Succeeded"
    bench.create(shell("true"), name="next")
    assert bench.end("next")["status"]["phase"] == "Succeeded"
