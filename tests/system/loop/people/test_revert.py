"""What a person took back is never pushed again."""

from tests.system.support.loop_manifests import VALUES
from tests.system.support.loop_world import LoopWorld

PASS = '"message": "Pass completed"'


def test_a_revert_while_the_operator_is_down_stands(proven_world: LoopWorld) -> None:
    """A person reverts our commit before we noted it: a hold, and no second push."""
    world = proven_world
    world.dies("after:PushPromotion")
    assert world.look().at("promotion.state") == "Proposed"
    world.commit(world.value("1"), author="Grace")
    world.start()
    held = world.until_condition("Held", "True (PromotionReverted)", "Grace")
    assert f"models:/{world.model}/1" in held
    passes = world.log.count(PASS)
    world.wait_logged(PASS, passes + 2)
    assert len(world.promotions()) == 1
    assert world.repository.read(VALUES) == world.value("1")
    assert world.alias("champion") == "1"


def test_release_ends_the_hold(proven_world: LoopWorld) -> None:
    """The annotation that names the hold ends it; what people decided is adopted."""
    world = proven_world
    world.dies("after:PushPromotion")
    world.commit(world.value("1"), author="Grace")
    world.start()
    look = world.until("a hold", lambda look: look.at("hold.id"))
    world.annotate("release", look.at("hold.id"))
    look = world.until("no hold", lambda look: not look.at("hold"))
    look = world.until("adoption", lambda look: look.at("adoptedAt"))
    assert look.at("versions.desired") == look.at("versions.champion") == "1"
    assert look.condition("Held").startswith("False")
    assert "HoldReleased" in world.events()
    assert len(world.promotions()) == 1
