"""Who may talk to the Git server, and what shall go wrong with it next."""

import asyncio
import hmac
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class Tokens:
    """The server's secrets, each of which is a Basic password of any user name."""

    write: str
    read: str
    admin: str

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read the JSON object that `GitServer` writes; raises on a missing key."""
        content = json.loads(path.read_text())
        return cls(content["write"], content["read"], content["admin"])

    def may(self, token: str, *, write: bool) -> bool:
        """Return whether this token allows reading, or writing."""
        allowed = (self.write,) if write else (self.write, self.read)
        return any(hmac.compare_digest(token.encode(), one.encode()) for one in allowed)


@dataclass
class Faults:
    """Faults that are asked for: counts are used up, one by each request.

    `hold` names a kind of request (`push-refs`, `push`, `fetch-refs`, `fetch`)
    that waits until the hold is lifted; `held` is how many wait now.
    """

    counts: dict[str, int] = field(
        default_factory=lambda: {"answer_lost": 0, "unauthorized": 0, "unavailable": 0}
    )
    delay_seconds: float = 0.0
    redirect: str = ""
    hold: str = ""
    held: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def take(self, name: str) -> bool:
        """Use up one fault of this name, if any is left."""
        left = self.counts[name]
        self.counts[name] = max(left - 1, 0)
        return left > 0

    async def pause(self, kind: str) -> None:
        """Delay every request, and keep back those of the held kind."""
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        if self.hold != kind:
            return
        self.held += 1
        try:
            async with self.changed:
                await self.changed.wait_for(lambda: self.hold != kind)
        finally:
            self.held -= 1

    async def update(self, wanted: dict[str, Any]) -> None:
        """Take over the given fields; raises KeyError for an unknown one."""
        for name, value in wanted.items():
            if name in self.counts:
                self.counts[name] = int(value)
            elif name in {"delay_seconds", "redirect", "hold"}:
                setattr(self, name, value)
            else:
                raise KeyError(name)
        async with self.changed:
            self.changed.notify_all()

    def as_json(self) -> dict[str, Any]:
        """Return the state of all faults, for the control endpoint."""
        return {
            **self.counts,
            "delay_seconds": self.delay_seconds,
            "redirect": self.redirect,
            "hold": self.hold,
            "held": self.held,
        }
