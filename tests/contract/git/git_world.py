"""What the Git port's contract needs of a world, and the change it makes there."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from killick.gitops.port import (
    GitCredentials,
    GitPort,
    GitTarget,
    PushOutcome,
    TraceRequest,
    ValueChange,
)

PATH = "apps/recommendation/values.yaml"
VALUES = b"""# What serves, and how much of it.
replicas: 2   # by hand
model:
  uri: models:/recommendation/1 # promoted
  note: 'keep me'
"""
OLD, NEW = "models:/recommendation/1", "models:/recommendation/2"
THIRD = VALUES.replace(b"recommendation/1", b"recommendation/7")
CHANGE = ValueChange(
    promotion_id="prod.shop.recommendation.p-1",
    old=OLD,
    new=NEW,
    subject="Promote recommendation to version 2",
    body="Drift in price since Monday.\n\nMAE 1.65, was 2.66.",
    trailers=(("Killick-Model", "recommendation"), ("Killick-Version", "2")),
    timestamp=1_700_000_000,
)
TRACE = TraceRequest(promotion_id=CHANGE.promotion_id)
MESSAGE = """Promote recommendation to version 2

Drift in price since Monday.

MAE 1.65, was 2.66.

Killick-Promotion: prod.shop.recommendation.p-1
Killick-Model: recommendation
Killick-Version: 2
"""


class World(Protocol):
    """A repository with `VALUES` at `PATH`, and the hands of others on it."""

    port: GitPort
    target: GitTarget
    credentials: GitCredentials
    read_only: GitCredentials

    def another_port(self) -> GitPort:
        """A second operator with nothing in common but the server."""
        ...

    def commit(self, path: str, content: bytes | None, author: str = "Ada") -> str:
        """A person's commit, at once."""
        ...

    def head(self) -> str:
        """The branch's commit on the server."""
        ...

    def messages(self) -> list[str]:
        """The branch's commit messages, newest first."""
        ...

    def author(self) -> tuple[str, str, int]:
        """Name, address and time of the newest commit."""
        ...

    def content(self, path: str) -> bytes:
        """A file at the branch's head."""
        ...

    def protect(self, message: str) -> None:
        """Refuse all pushes with this message, until `protect("")`."""
        ...

    def lose_answer(self, *, then_away: bool = False) -> None:
        """Apply the next push without an answer, and perhaps go away after it."""
        ...

    def come_back(self) -> None:
        """Be there again."""
        ...

    async def interfere(
        self, action: Callable[[], object], push: Awaitable[PushOutcome]
    ) -> PushOutcome:
        """Run the action after the port has read and before its push is applied."""
        ...


def reverted(world: World) -> None:
    """A person puts the old value back."""
    world.commit(PATH, VALUES, "Grace")
