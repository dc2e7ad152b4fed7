"""Which addresses a resource may send the operator to."""

import pytest

from killick.errors import KillickError
from killick.observe.allowed_hosts import check_host
from tests.fakes.world import FakeWorld, spec

ALLOWED = ("git.example", "*.internal")


@pytest.mark.parametrize(
    "url", ["https://git.example/a.git", "http://GIT.Example:3000", "http://m.internal"]
)
def test_listed_hosts_pass(url: str) -> None:
    """A host that the list names, in any case and on any port, is used."""
    check_host(url, ALLOWED)


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.evil/a.git",
        "https://evil/git.example",
        "http://internal",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "http://[::1",
        "",
    ],
)
def test_all_others_are_refused(url: str) -> None:
    """A host that no pattern names in full is refused, and the message says where."""
    with pytest.raises(KillickError, match="KILLICK_ALLOWED_HOSTS"):
        check_host(url, ALLOWED)


async def test_a_refused_host_is_never_asked() -> None:
    """A repository on another host becomes an unhealthy input, not a request."""
    world = FakeWorld(spec())
    settings = world.world.settings.model_copy(update={"allowed_hosts": "mlflow"})
    object.__setattr__(world.world, "settings", settings)
    await world.settle()
    assert world.condition("InputsHealthy") == ("False", "HostNotAllowed")
    assert world.condition("Adopted")[0] != "True"
