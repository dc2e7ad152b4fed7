"""The search for leaked secrets finds one wherever it is planted."""

import base64
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.system.support.canaries import canaries, files, leaks
from tests.system.support.loop_manifests import NAME
from tests.system.support.loop_world import LoopWorld

PASSWORD = "p4ss/w0rd+and=more"
WHAT = "password of Secret store"


def secret(**values: str) -> dict[str, object]:
    """Return a Secret as the API server gives it."""
    data = {k: base64.b64encode(v.encode()).decode() for k, v in values.items()}
    return {"metadata": {"name": "store"}, "data": data}


def test_what_is_a_secret() -> None:
    """Every value but a user's name; of an address its password."""
    found = canaries(
        [
            secret(
                username="a-long-name",
                password=PASSWORD,
                url="postgres://u:hidden-99@h",
            )
        ]
    )
    assert found == {PASSWORD: WHAT, "hidden-99": "url of Secret store"}


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize(
    "written",
    [str, lambda t: quote(t, safe=""), lambda t: base64.b64encode(t.encode()).decode()],
    ids=["plain", "quoted", "base64"],
)
def test_every_spelling_is_found(written: object, before: str) -> None:
    """Inside other text, in an address and in an Authorization header."""
    text = f"x {written(before + PASSWORD + 'tail')} y"  # type: ignore[operator]
    assert leaks({PASSWORD: WHAT}, {"a log": text}) == [f"{WHAT} is in a log"]


def test_files_are_looked_through(tmp_path: Path) -> None:
    """Also binary ones, in folders of folders."""
    place = tmp_path / "deep" / "one.log"
    place.parent.mkdir()
    place.write_bytes(b"\xff\0" + PASSWORD.encode())
    (tmp_path / "other.log").write_text("nothing")
    assert leaks({PASSWORD: WHAT}, files([tmp_path], "*.log")) == [
        f"{WHAT} is in {place}"
    ]


def test_a_planted_secret_is_found(proven_world: LoopWorld) -> None:
    """An annotation, a commit on any branch, a tag of a version: each is seen."""
    world = proven_world
    token = world.git.token

    def found_in(place: str) -> bool:
        return f"password of Secret gitops is in {place}" in world.leaks()

    assert world.leaks() == []
    world.annotate("planted", token)
    assert found_in("the objects")
    world.kubectl("annotate", "mdep", NAME, "killick.dev/planted-")
    world.repository.commit("other.txt", token.encode(), author="Eve", branch="eve")
    assert found_in("the commits")
    world.repository.delete_branch("eve")
    world.registry.set_model_version_tag(world.model, "2", "planted", token)
    assert found_in("the registry")
    world.registry.delete_model_version_tag(world.model, "2", "planted")
    assert world.leaks() == []
