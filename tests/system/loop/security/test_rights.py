"""A namespace that has not granted the operator anything, or not yet."""

from dev.operator_program import grant
from tests.system.support.loop_world import LoopWorld


def test_namespace_not_granted(bare_world: LoopWorld) -> None:
    """Without the tenant role the object says which command grants it, and heals."""
    world = bare_world
    world.register()
    world.registry.set_registered_model_alias(world.model, "champion", "1")
    process = world.start()
    world.apply()
    said = world.until_condition("Stalled", "True (NamespaceNotGranted)")
    assert f"kubectl apply -n {world.namespace} -k deploy/tenant" in said
    assert world.look().condition("Ready").startswith("False (NamespaceNotGranted)")
    grant(world.cluster, world.namespace)
    world.until("health", lambda look: not look.condition("Stalled"))
    world.until_condition("Adopted", "True")
    world.wait_listed("cronjobs", "line-check")
    assert process.alive
