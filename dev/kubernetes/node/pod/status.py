"""Container states → the status of a pod, as the kubelet would report it: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dev.kubernetes.node.pod.spec import Json

# The kubelet's limits, in bytes: one container, and all containers of a pod.
MESSAGE_BYTES = 4096
POD_MESSAGE_BYTES = 12 * 1024


@dataclass(frozen=True)
class Waiting:
    """Not running (yet); `reason` as the kubelet names it."""

    reason: str
    message: str = ""


@dataclass(frozen=True)
class Running:
    """Running since `started` (RFC 3339)."""

    started: str
    container_id: str = ""


@dataclass(frozen=True)
class Terminated:
    """Ended; `started` is empty when it never ran."""

    exit_code: int
    reason: str
    message: str = ""
    started: str = ""
    finished: str = ""
    container_id: str = ""


State = Waiting | Running | Terminated


@dataclass(frozen=True)
class ContainerRecord:
    """One container: what it is doing, and how its attempt before this one ended."""

    name: str
    image: str
    state: State
    last: Terminated | None = None
    restarts: int = 0


@dataclass(frozen=True)
class PodRecord:
    """All that the node knows of a pod it runs.

    `failure` is (reason, message) of a pod that the node has failed or ended;
    `stopping` says that nothing will be started any more.
    """

    init: tuple[ContainerRecord, ...]
    containers: tuple[ContainerRecord, ...]
    started: str
    restart_policy: str = "Always"
    failure: tuple[str, str] | None = None
    stopping: bool = False


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with whole seconds, as the API stores times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def phase(record: PodRecord) -> str:
    """The pod's phase: Pending, Running, Succeeded or Failed."""
    if record.failure:
        return "Failed"
    for container in record.init:
        done = _ended(container)
        if done is not None and not done.exit_code:
            continue
        ended = done is not None and record.restart_policy == "Never"
        return "Failed" if ended or record.stopping else "Pending"
    ends = [_ended(container) for container in record.containers]
    running = any(isinstance(c.state, Running) for c in record.containers)
    never_started = any(
        isinstance(c.state, Waiting) and c.last is None for c in record.containers
    )
    if record.stopping and not running:
        return "Succeeded" if all(e and not e.exit_code for e in ends) else "Failed"
    if never_started:
        return "Pending"
    if running or record.restart_policy == "Always" or None in ends:
        return "Running"
    if all(end and not end.exit_code for end in ends):
        return "Succeeded"
    return "Failed" if record.restart_policy == "Never" else "Running"


def pod_status(record: PodRecord, before: Json, now: str) -> Json:
    """The status to patch in; `before` is the status that the API server has.

    Conditions of other writers are left out, for the patch merges by type.
    """
    current = phase(record)
    share = POD_MESSAGE_BYTES // max(1, len(record.init) + len(record.containers))
    reason, message = record.failure or (None, None)
    initialized = all(_done_well(container) for container in record.init)
    ready = current == "Running" and all(
        isinstance(c.state, Running) for c in record.containers
    )
    waits = "PodCompleted" if current == "Succeeded" else "ContainersNotReady"
    if current == "Failed":
        waits = "PodFailed"
    start = "PodCompleted" if current == "Succeeded" else "ContainersNotInitialized"
    conditions = [
        _condition("PodReadyToStartContainers", current in {"Pending", "Running"}, ""),
        _condition("Initialized", initialized, "" if initialized else start),
        _condition("ContainersReady", ready, "" if ready else waits),
        _condition("Ready", ready, "" if ready else waits),
    ]
    return {
        "phase": current,
        "reason": reason,
        "message": message,
        "startTime": record.started,
        "hostIP": "127.0.0.1",
        "hostIPs": [{"ip": "127.0.0.1"}],
        "podIP": "127.0.0.1",
        "podIPs": [{"ip": "127.0.0.1"}],
        "conditions": with_times(conditions, before.get("conditions") or [], now),
        "initContainerStatuses": [
            _container_status(c, share, ready=_done_well(c)) for c in record.init
        ],
        "containerStatuses": [
            _container_status(c, share, ready=isinstance(c.state, Running))
            for c in record.containers
        ],
    }


def with_times(
    conditions: Sequence[Json], before: Sequence[Json], now: str
) -> list[Json]:
    """The conditions with `lastTransitionTime`, which moves only on a change."""
    known = {condition["type"]: condition for condition in before}
    timed = []
    for condition in conditions:
        old = known.get(condition["type"], {})
        same = old.get("status") == condition["status"]
        since = old.get("lastTransitionTime") if same else None
        timed.append({**condition, "lastTransitionTime": since or now})
    return timed


def lost(pod: Json, now: str) -> Json:
    """The status of a pod whose containers ran when the node itself died."""
    status = pod.get("status") or {}
    known = {
        container["name"]: container
        for kind in ("initContainerStatuses", "containerStatuses")
        for container in status.get(kind) or ()
    }
    unknown = Terminated(
        137,
        "ContainerStatusUnknown",
        "The node was restarted; nothing is known of this container's end.",
        finished=now,
    )

    def records(kind: str) -> tuple[ContainerRecord, ...]:
        return tuple(
            ContainerRecord(
                container["name"],
                container.get("image", ""),
                _known_end(known.get(container["name"], {})) or unknown,
                restarts=known.get(container["name"], {}).get("restartCount", 0),
            )
            for container in pod["spec"].get(kind) or ()
        )

    record = PodRecord(
        init=records("initContainers"),
        containers=records("containers"),
        started=status.get("startTime") or now,
        failure=(
            "ContainerStatusUnknown",
            "The node was restarted while the pod ran.",
        ),
    )
    return pod_status(record, status, now)


def has_started(pod: Json) -> bool:
    """Whether the API server knows that a container of the pod has ever run."""
    status = pod.get("status") or {}
    return any(
        {"running", "terminated"} & set(container.get(state) or {})
        for kind in ("initContainerStatuses", "containerStatuses")
        for container in status.get(kind) or ()
        for state in ("state", "lastState")
    )


def _known_end(container: Mapping[str, Json]) -> Terminated | None:
    end = (container.get("state") or {}).get("terminated")
    if not end:
        return None
    return Terminated(
        end["exitCode"],
        end.get("reason", ""),
        end.get("message", ""),
        end.get("startedAt") or "",
        end.get("finishedAt") or "",
        end.get("containerID", ""),
    )


def _ended(container: ContainerRecord) -> Terminated | None:
    """How the container ended; None while it runs or before it has ever run."""
    if isinstance(container.state, Terminated):
        return container.state
    return container.last if isinstance(container.state, Waiting) else None


def _done_well(container: ContainerRecord) -> bool:
    state = container.state
    return isinstance(state, Terminated) and state.exit_code == 0


def _condition(kind: str, holds: bool, reason: str) -> Json:
    return {
        "type": kind,
        "status": "True" if holds else "False",
        "reason": reason or None,
    }


def _container_status(container: ContainerRecord, share: int, *, ready: bool) -> Json:
    state = container.state
    identity = "" if isinstance(state, Waiting) else state.container_id
    return {
        "name": container.name,
        "image": container.image,
        "imageID": f"local:{container.image}",
        "containerID": identity,
        "ready": ready,
        "started": isinstance(state, Running),
        "restartCount": container.restarts,
        "state": _state(state, share),
        "lastState": _state(container.last, share) if container.last else {},
    }


def _state(state: State, share: int) -> Json:
    match state:
        case Waiting():
            return {"waiting": _filled(reason=state.reason, message=state.message)}
        case Running():
            return {"running": {"startedAt": state.started}}
        case Terminated():
            return {
                "terminated": {
                    "exitCode": state.exit_code,
                    **_filled(
                        reason=state.reason,
                        message=cut(state.message, share),
                        startedAt=state.started,
                        finishedAt=state.finished,
                        containerID=state.container_id,
                    ),
                }
            }


def cut(text: str, size: int) -> str:
    """The longest start of the text that is at most `size` bytes of UTF-8."""
    return text.encode()[:size].decode(errors="ignore")


def _filled(**fields: str) -> Json:
    return {name: value for name, value in fields.items() if value}
