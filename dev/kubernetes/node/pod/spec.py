"""What a pod asks the node to run: pure, from the pod as a dict.

`unsupported` (in `supported_fields.py`) has to be empty before `parse_pod` is used.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dev.kubernetes.node.pod.quantity import memory_bytes

Json = dict[str, Any]

DEFAULT_MESSAGE_PATH = "/dev/termination-log"


@dataclass(frozen=True)
class Mount:
    """One volume as one container sees it; `path` has no trailing slash."""

    volume: str
    path: str
    sub_path: str = ""


@dataclass(frozen=True)
class Volume:
    """A volume's name, its type (`emptyDir`, `secret`, …) and that type's fields."""

    name: str
    kind: str
    source: Mapping[str, Any]


@dataclass(frozen=True)
class Container:
    """One container; `env` and `env_from` are as in the pod, still unresolved."""

    name: str
    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    working_dir: str | None = None
    env: tuple[Mapping[str, Any], ...] = ()
    env_from: tuple[Mapping[str, Any], ...] = ()
    mounts: tuple[Mount, ...] = ()
    memory_limit: int | None = None
    message_path: str = DEFAULT_MESSAGE_PATH
    message_from_logs: bool = False


@dataclass(frozen=True)
class Pod:
    """One pod. `deadline` and `grace` are in seconds."""

    namespace: str
    name: str
    uid: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    node: str
    service_account: str
    init_containers: tuple[Container, ...]
    containers: tuple[Container, ...]
    volumes: tuple[Volume, ...]
    restart_policy: str = "Always"
    deadline: float | None = None
    grace: float = 30.0

    def field(self, path: str) -> str | None:
        """The value of a downward `fieldPath`; None when the node has none such."""
        plain = {
            "metadata.name": self.name,
            "metadata.namespace": self.namespace,
            "metadata.uid": self.uid,
            "spec.nodeName": self.node,
            "spec.serviceAccountName": self.service_account,
            "status.hostIP": "127.0.0.1",
            "status.hostIPs": "127.0.0.1",
            "status.podIP": "127.0.0.1",
            "status.podIPs": "127.0.0.1",
            "metadata.labels": _properties(self.labels),
            "metadata.annotations": _properties(self.annotations),
        }
        if path in plain:
            return plain[path]
        for prefix, values in (
            ("metadata.labels", self.labels),
            ("metadata.annotations", self.annotations),
        ):
            if path.startswith(f"{prefix}['") and path.endswith("']"):
                return values.get(path[len(prefix) + 2 : -2], "")
        return None


def _properties(values: Mapping[str, str]) -> str:
    return "\n".join(
        f"{key}={json.dumps(value)}" for key, value in sorted(values.items())
    )


def parse_pod(pod: Json) -> Pod:
    """Read a pod that the API server has accepted and defaulted."""
    meta, spec = pod["metadata"], pod["spec"]
    deadline = spec.get("activeDeadlineSeconds")
    grace = spec.get("terminationGracePeriodSeconds")
    return Pod(
        namespace=meta["namespace"],
        name=meta["name"],
        uid=meta["uid"],
        labels=meta.get("labels") or {},
        annotations=meta.get("annotations") or {},
        node=spec.get("nodeName") or "",
        service_account=spec.get("serviceAccountName") or "default",
        init_containers=_containers(spec.get("initContainers")),
        containers=_containers(spec.get("containers")),
        volumes=tuple(_volume(volume) for volume in spec.get("volumes") or ()),
        restart_policy=spec.get("restartPolicy") or "Always",
        deadline=None if deadline is None else float(deadline),
        grace=30.0 if grace is None else float(grace),
    )


def _containers(containers: Sequence[Json] | None) -> tuple[Container, ...]:
    return tuple(_container(container) for container in containers or ())


def _container(raw: Json) -> Container:
    limit = ((raw.get("resources") or {}).get("limits") or {}).get("memory")
    return Container(
        name=raw["name"],
        image=raw.get("image") or "",
        command=tuple(raw.get("command") or ()),
        args=tuple(raw.get("args") or ()),
        working_dir=raw.get("workingDir") or None,
        env=tuple(raw.get("env") or ()),
        env_from=tuple(raw.get("envFrom") or ()),
        mounts=tuple(
            Mount(
                mount["name"],
                mount["mountPath"].rstrip("/"),
                (mount.get("subPath") or "").strip("/"),
            )
            for mount in raw.get("volumeMounts") or ()
        ),
        memory_limit=None if limit is None else memory_bytes(limit),
        message_path=raw.get("terminationMessagePath") or DEFAULT_MESSAGE_PATH,
        message_from_logs=raw.get("terminationMessagePolicy")
        == "FallbackToLogsOnError",
    )


def _volume(raw: Json) -> Volume:
    kinds = [key for key, value in raw.items() if key != "name" and value is not None]
    # An API server stores a volume without a type as an emptyDir.
    kind = kinds[0] if kinds else "emptyDir"
    return Volume(raw["name"], kind, raw.get(kind) or {})
