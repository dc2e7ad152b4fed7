"""What a story is about, and what really happened in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.fakes.world import spec


@dataclass(frozen=True)
class Subject:
    """One ModelDeployment: its model's name is also its key in the values file."""

    name: str
    model: str = ""
    """Its own name, unless two objects want the same."""

    def __post_init__(self) -> None:
        """Take the object's name for the model's."""
        if not self.model:
            object.__setattr__(self, "model", self.name)

    def spec(self, **changes: Any) -> dict[str, Any]:
        """Return its spec."""
        raw = spec(model={"name": self.model}, **changes)
        raw["drift"] = {"schedule": "*/10 * * * *", "window": "600s"}
        raw["registry"] = {"credentialsSecretRef": {"name": "mlflow"}}
        raw["promotion"]["git"] = {
            **raw["promotion"]["git"],
            "credentialsSecretRef": {"name": "gitops"},
            "jsonPointer": f"/{self.model}/uri",
        }
        raw["retraining"] = {"job": {"cronJobRef": {"name": "train"}}}
        raw["retraining"] |= changes.get("retraining", {})
        return raw


@dataclass
class Truth:
    """What really happened, for the invariants to compare claims with."""

    evaluated: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """Evaluation → its candidate, and whether it won."""
    registered: dict[str, str] = field(default_factory=dict)
    """Attempt → the version that its training registered."""
    checked: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    """Check Job → the verdict shown, and those of its counting windows."""
    champions: dict[str, list[str | None]] = field(default_factory=dict)
    """Model → every version that was its champion, in order."""
    people: list[str] = field(default_factory=list)
    """The commits that people made."""
