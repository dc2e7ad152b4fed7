"""The one mutable record of a pod, and who is told when it changes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from dev.kubernetes.node.pod import status
from dev.kubernetes.node.pod.spec import Container, Pod
from dev.kubernetes.node.pod.status import (
    ContainerRecord,
    PodRecord,
    Terminated,
    Waiting,
)


def now() -> str:
    """The present time as the API stores times."""
    return status.timestamp(datetime.now(UTC))


class PodStatusTracker:
    """Where containers write what happens to them; `changed` is called each time."""

    def __init__(self, pod: Pod, started: str, changed: Callable[[], None]) -> None:
        waits = "PodInitializing" if pod.init_containers else "ContainerCreating"

        def waiting(containers: tuple[Container, ...]) -> tuple[ContainerRecord, ...]:
            return tuple(
                ContainerRecord(c.name, c.image, Waiting(waits)) for c in containers
            )

        self.record = PodRecord(
            init=waiting(pod.init_containers),
            containers=waiting(pod.containers),
            started=started,
            restart_policy=pod.restart_policy,
        )
        self._changed = changed

    def set(self, name: str, state: status.State) -> None:
        """The container is in this state now."""
        self._edit(name, lambda container: replace(container, state=state))

    def restarting(self, name: str, end: Terminated) -> None:
        """The container ended and will be started again after a pause."""
        reason = "CrashLoopBackOff" if end.exit_code else "Completed"
        self._edit(
            name,
            lambda container: replace(
                container,
                state=Waiting(reason, "back-off before the next start"),
                last=end,
                restarts=container.restarts + 1,
            ),
        )

    def end(self, failure: tuple[str, str] | None = None) -> None:
        """Nothing more will be started; `failure` is (reason, message) of the pod."""
        self.record = replace(
            self.record, stopping=True, failure=self.record.failure or failure
        )
        self._changed()

    def reject(self, reason: str, message: str) -> None:
        """The pod is failed before anything was tried: it has no container states."""
        self.record = replace(self.record, init=(), containers=())
        self.end((reason, message))

    def _edit(
        self, name: str, edit: Callable[[ContainerRecord], ContainerRecord]
    ) -> None:
        def edited(
            containers: tuple[ContainerRecord, ...],
        ) -> tuple[ContainerRecord, ...]:
            return tuple(edit(c) if c.name == name else c for c in containers)

        self.record = replace(
            self.record,
            init=edited(self.record.init),
            containers=edited(self.record.containers),
        )
        self._changed()
