"""Watches that stay open and bring nothing: a load balancer has forgotten them."""

import time
from dataclasses import replace

from dev.operator_program import ACCOUNT, NAMESPACE
from tests.system.support.loop_fixtures import LoopServers
from tests.system.support.loop_manifests import NAME
from tests.system.support.watch_proxy import WatchProxy

BOUND = 80.0  # seconds: a watch that says nothing for 70 is opened anew


def test_objects_come_and_go_while_watches_are_silent(
    loop_servers: LoopServers,
) -> None:
    """A new object has a pass, and a deleted one is let go, within the bound."""
    with loop_servers.granted() as world, WatchProxy.before(world.cluster) as proxy:
        original = world.cluster.serviceaccount_kubeconfig(NAMESPACE, ACCOUNT)
        through = {"KUBECONFIG": str(proxy.kubeconfig(original))}
        settings = {**world.operator.settings, **through}
        world.operator = replace(world.operator, settings=settings)
        process = world.start()
        world.wait("both watches", lambda: proxy.watches, lambda n: n == 2)
        assert proxy.forget_watches() == 2
        started = time.monotonic()
        world.apply()
        world.until("a pass", lambda look: look.at("phase"))
        assert 5.0 < time.monotonic() - started < BOUND
        world.wait("both watches again", lambda: proxy.watches, lambda n: n == 2)
        assert proxy.forget_watches() == 2
        started = time.monotonic()
        world.kubectl("delete", "mdep", NAME, "--wait=false")
        world.wait_gone("mdep", NAME)
        assert 5.0 < time.monotonic() - started < BOUND
        assert process.alive
        process.kill()
