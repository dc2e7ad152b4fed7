"""Every right that the operator is given is one that it uses."""

from dev.operator_program import ACCOUNT, NAMESPACE
from tests.system.deploy.test_rbac import (
    CLUSTER_RULES,
    TENANT_RULES,
    Right,
    rights_of,
)
from tests.system.support import loop_manifests as manifests
from tests.system.support.loop_world import CHANGED, LoopWorld


def used(world: LoopWorld) -> set[Right]:
    """Return what the operator asked for in its namespace, by the audit log."""
    found = set()
    for asked in world.cluster.requests():
        ours = asked.user == f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
        if ours and asked.namespace == world.namespace:
            found.add((asked.verb, asked.group, asked.resource))
            # An apply that makes the object needs the right to create it, too.
            if (asked.verb, asked.code) == ("patch", 201):
                found.add(("create", asked.group, asked.resource))
    return found


def test_what_is_granted_is_used(adopted_world: LoopWorld) -> None:
    """One drift and a training that runs too long ask for every right, and no other."""
    world = adopted_world
    world.apply(retraining__timeout="10s")
    template = manifests.training_cronjob(world.namespace)
    (train,) = template["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    train["command"] = ["python", "-c", "import time; time.sleep(300)"]
    world.cluster.apply(template)
    world.feed(CHANGED)
    world.start()
    world.check()
    world.until("a time-out", lambda look: look.at("attempt.reason") == "Timeout")
    world.wait("the Job to go", lambda: world.jobs("training"), lambda jobs: not jobs)
    granted = rights_of(CLUSTER_RULES) | rights_of(TENANT_RULES)
    assert used(world) == granted
