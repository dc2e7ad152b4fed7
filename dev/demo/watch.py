"""Follows the ModelDeployment with kubectl, as a person would, and notices turns."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dev.demo.manifests import NAME, NAMESPACE
from dev.demo.parts import Parts
from dev.demo.screen import Screen
from dev.kubernetes.cluster import KubectlError
from dev.waiting import WaitTimeout, wait_until

RESOURCE = f"modeldeployments.killick.dev/{NAME}"
TABLE = ("get", "modeldeployments", "--namespace", NAMESPACE)


class StoryError(Exception):
    """The story did not come to its end; the message says where it stands."""


@dataclass(frozen=True)
class Look:
    """The object at one moment."""

    manifest: dict[str, Any] = field(default_factory=dict)

    def at(self, path: str, default: Any = None) -> Any:
        """A value below `status` by its dotted path; `default` where it is absent."""
        value: Any = self.manifest.get("status") or {}
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
            if value is None:
                return default
        return value

    def windows(self, verdict: str) -> list[dict[str, Any]]:
        """The counting windows that got this verdict, oldest first."""
        found: list[dict[str, Any]] = self.at("drift.windows", [])
        return [window for window in found if window["verdict"] == verdict]

    def condition(self, kind: str) -> str:
        """A condition as `True (Reason): message`, empty if it is absent."""
        for one in self.at("conditions", []):
            if one["type"] == kind:
                text = f"{one['status']} ({one['reason']})"
                return f"{text}: {one['message']}" if one.get("message") else text
        return ""

    def __str__(self) -> str:
        """Return the status as JSON."""
        return json.dumps(self.manifest.get("status"))


class Watcher:
    """Looks at the object until something is true, printing each turn's table."""

    def __init__(self, parts: Parts, screen: Screen, deadline: float) -> None:
        self._parts = parts
        self._screen = screen
        self._deadline = deadline
        self._last = ""

    def until(self, what: str, true: Callable[[Look], bool]) -> Look:
        """Wait until `true`; StoryError with the state of things at the deadline."""

        def accept(look: Look) -> bool:
            if true(look):
                return True
            if look.at("hold"):
                message = f"Killick holds: {look.condition('Held')}"
                raise StoryError(message)
            self._check_parts()
            return False

        seconds = self._deadline - time.monotonic()
        try:
            look = wait_until(
                what, self._look, accept, seconds=seconds, context=self._standing
            )
        except WaitTimeout as error:
            raise StoryError(str(error)) from None
        self.table()
        return look

    def table(self) -> None:
        """Print `kubectl get modeldeployments` if it has changed."""
        text = self._parts.cluster.kubectl(*TABLE)
        # Everything but the age, which always changes.
        content = "\n".join(line.rsplit(maxsplit=1)[0] for line in text.splitlines())
        if content != self._last:
            self._last = content
            self._screen.quote(text, f"kubectl {' '.join(TABLE)}")

    def kubectl(self, *arguments: str) -> str:
        """Ask kubectl in the story's namespace; its complaint where it has one."""
        try:
            return self._parts.cluster.kubectl(*arguments, "--namespace", NAMESPACE)
        except KubectlError as error:
            return str(error)

    def _look(self) -> Look:
        return Look(self._parts.cluster.get(RESOURCE, "--namespace", NAMESPACE))

    def _check_parts(self) -> None:
        for owner in (self._parts.supervisor, self._parts.cluster.supervisor):
            for name in ("operator", "feeder", "node", "mlflow", "postgres", "git"):
                process = owner.processes.get(name)
                if process is not None and process.returncode is not None:
                    message = f"{name} has ended:\n{process.tail()}"
                    raise StoryError(message)

    def _standing(self) -> str:
        look = self._look()
        conditions = "\n".join(
            f"  {one['type']}: {look.condition(one['type'])}"
            for one in look.at("conditions", [])
        )
        operator = self._parts.supervisor.processes["operator"].tail()
        pods = self.kubectl("get", "pods")
        return f"{conditions}\n{pods}\nthe operator's last lines:\n{operator}"
