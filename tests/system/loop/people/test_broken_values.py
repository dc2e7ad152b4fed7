"""A values file that cannot be edited safely is refused, and nothing else happens."""

from tests.system.support.loop_manifests import NAME, VALUES
from tests.system.support.loop_world import LoopWorld

LEVELS = b"".join(
    b"a%d: &a%d {uri: *a%d, name: *a%d}\n" % (n, n, n - 1, n - 1) for n in range(1, 31)
)
BROKEN = {
    "KeyMissing": b"model:\n  name: x\n",
    "KeyAmbiguous": b"model:\n  uri: a\n  uri: b\n",
    "NotYaml": b"model: [unclosed\n",
    "SharedAnchor": b"a0: &a0 x\n" + LEVELS + b"model: *a30\n",
    "TooDeep": b"[" * 25_000 + b"]" * 25_000,
}


def test_refused_until_mended(proven_world: LoopWorld) -> None:
    """Each broken file is refused with its reason; once mended, the commit lands."""
    world = proven_world
    world.commit(b"")
    process = world.start()
    for reason, content in BROKEN.items():
        world.commit(content)
        # Any touch makes the operator look now.
        world.kubectl("annotate", "mdep", NAME, f"test/look={reason}", "--overwrite")
        world.until_condition("InputsHealthy", f"False ({reason})")
        assert world.healthy()
    assert process.alive
    assert world.promotions() == []
    assert world.repository.read(VALUES) == content
    world.commit(world.value("1"))
    world.until("the promotion", lambda look: look.at("promotion.state") == "Done")
    assert world.process.pid == process.pid
