"""One short outage of each system, while a promotion or a check is what comes next.

The operator runs all the time, and no person intervenes.
"""

import contextlib
from dataclasses import replace

import pytest

from dev.operator_program import ACCOUNT, NAMESPACE
from tests.system.support.loop_fixtures import LoopServers
from tests.system.support.loop_world import CALM, LoopWorld
from tests.system.support.watch_proxy import WatchProxy


def promoted(world: LoopWorld) -> None:
    """Wait for the end of the promotion: it has happened once."""
    look = world.until("the end", lambda look: look.at("promotion.state") == "Done")
    assert world.promotions() == [look.at("promotion.commit")]
    assert world.alias("champion") == "2"
    assert len(set(world.events())) == len(world.events())


def test_the_git_server_is_away(proven_world: LoopWorld) -> None:
    """It is named, nothing is said to have landed, and the push comes afterwards."""
    world = proven_world
    with world.git.outage():
        world.start()
        world.until_condition("InputsHealthy", "False", "GitUnreachable")
        assert world.look().at("promotion.state") in (None, "Proposed")
    promoted(world)


def test_mlflow_is_silent(proven_world: LoopWorld, loop_servers: LoopServers) -> None:
    """A server that takes connections and says nothing is named like a dead one."""
    world = proven_world
    with loop_servers.mlflow.hang():
        world.start()
        world.until_condition("InputsHealthy", "False", "RegistryUnreachable")
        assert world.look().at("versions.champion") == "1"
    promoted(world)


def test_the_inference_log_is_away(adopted_world: LoopWorld) -> None:
    """A check that cannot read it says so, claims nothing, and is repeated."""
    world = adopted_world
    world.feed(CALM)
    world.start()
    with world.database.server.outage():
        world.request_check()
        world.until_condition("InputsHealthy", "False", "LogUnreachable")
        assert world.look().condition("DriftDetected").startswith("Unknown")
    look = world.until("a verdict", lambda look: look.at("drift.verdict") == "NoDrift")
    assert look.at("drift.outages") is None
    assert len(world.jobs("check")) > 1


def test_three_systems_are_away(
    adopted_world: LoopWorld, loop_servers: LoopServers
) -> None:
    """Whatever is away is named in one condition, and none is once all are back."""
    world = adopted_world
    world.feed(CALM)
    world.start()
    outages = (world.database.server, loop_servers.mlflow, world.git)
    with contextlib.ExitStack() as stack:
        for server in outages:
            stack.enter_context(server.outage())
        world.request_check()
        names = ("LogUnreachable", "RegistryUnreachable", "GitUnreachable")
        world.until_condition("InputsHealthy", "False", *names)
        world.until_condition("Ready", "False", *names)
    world.until_condition("InputsHealthy", "True")


@pytest.mark.parametrize("part", ["kube-apiserver", "etcd"])
def test_the_cluster_is_away(part: str, proven_world: LoopWorld) -> None:
    """A push that lands while no status can be written is found again, not repeated."""
    world = proven_world
    pushes = len(world.git.requests("push"))
    with world.git.held("push") as push:
        process = world.start()
        push.wait()
        world.cluster.process(part).kill()
    errors = '"message": "Pass failed"'
    try:
        world.wait(
            "the push",
            lambda: len(world.git.requests("push")),
            lambda count: count > pushes,
        )
        world.wait_logged(errors)
    finally:
        world.cluster.start(part)  # other tests need it, whatever came of this one
    world.api.close()  # it opens a new connection
    world.wait(
        "a pass after the failure",
        lambda: world.log.rpartition(errors)[2],
        lambda log: '"message": "Pass completed"' in log,
    )
    promoted(world)
    assert process.alive


def test_watches_are_silent(adopted_world: LoopWorld) -> None:
    """Passes need no events: what a person asks for is done all the same."""
    world = adopted_world
    with WatchProxy.before(world.cluster) as proxy:
        original = world.cluster.serviceaccount_kubeconfig(NAMESPACE, ACCOUNT)
        through = {"KUBECONFIG": str(proxy.kubeconfig(original))}
        settings = {**world.operator.settings, **through}
        world.operator = replace(world.operator, settings=settings)
        world.feed(CALM)
        world.start()
        world.until("a look", lambda look: look.at("phase"))
        assert proxy.forget_watches() > 0
        world.check()
        assert proxy.watches == 0
        world.process.kill()
