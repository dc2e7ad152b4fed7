"""From a container in a pod to a command that can be started.

Reads the secrets and config maps that the pod names, fills its volumes, and
rewrites mount paths. All of it may have to wait; `NotReadyError` says for what.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from dev.kubernetes.node.api import OUTAGE, Api, ApiError
from dev.kubernetes.node.launch import environment, volumes
from dev.kubernetes.node.launch.environment import ConfigError, Reference, Sources
from dev.kubernetes.node.launch.images import Image, Images
from dev.kubernetes.node.launch.paths import real_paths, rewriter
from dev.kubernetes.node.launch.runner import Launch, Runner
from dev.kubernetes.node.launch.volumes import File, TokenRequest
from dev.kubernetes.node.pod.spec import Container, Pod

# CPU work-arounds of the machine, which no image can know.
_PASSED_ON = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
_NAME_BYTES = 255


class NotReadyError(Exception):
    """The container has to wait; `reason` as the kubelet names it."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


@dataclass(frozen=True)
class Services:
    """What every pod on the node shares.

    `shared` are path prefixes that are never rewritten; `machine` is the part of
    the node's own environment that may be passed on.
    """

    api: Api
    images: Images
    runner: Runner
    directory: Path
    shared: tuple[str, ...] = ()
    machine: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Place:
    """The directories and files of one pod."""

    root: Path

    @property
    def home(self) -> Path:
        """HOME of the pod's processes, empty at the start."""
        return self.root / "home"

    @property
    def volumes(self) -> Path:
        """One directory per volume."""
        return self.root / "volumes"

    @property
    def marker(self) -> Path:
        """Exists from just before the pod's first container starts."""
        return self.root / "started"

    def log(self, container: str) -> Path:
        """What the container's processes wrote, over all attempts."""
        return self.root / f"{container}.log"

    def message(self, container: str) -> Path:
        """The termination message file."""
        return self.root / "messages" / container

    def make(self) -> None:
        """Make the directories, for the node's user only."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for directory in (self.home, self.volumes, self.root / "messages"):
            directory.mkdir(exist_ok=True)

    def clear(self) -> None:
        """Remove all but the logs and the marker."""
        for directory in (self.home, self.volumes, self.root / "messages"):
            shutil.rmtree(directory, ignore_errors=True)


def place_of(directory: Path, namespace: str, name: str, uid: str) -> Place:
    """Where a pod lives: `pods/<namespace>_<name>_<uid>` below the directory."""
    room = _NAME_BYTES - len(namespace) - len(uid) - 2
    return Place(directory / "pods" / f"{namespace}_{name[:room]}_{uid}")


def machine_environment(
    environ: Iterable[tuple[str, str]],
) -> tuple[tuple[str, str], ...]:
    """The few variables of the node that its containers get, too."""
    return tuple((name, value) for name, value in environ if name in _PASSED_ON)


async def fill_volumes(pod: Pod, place: Place, services: Services) -> None:
    """Write what the pod's volumes hold, once, before its first container.

    Raises:
        NotReadyError: something that a volume shows is missing.

    """
    wanted = {r for volume in pod.volumes for r in volumes.references(volume)}
    try:
        sources = await _read(pod, wanted, services.api)
        for volume in pod.volumes:
            contents = volumes.files(volume, pod, sources)
            for request in volumes.token_requests(volume):
                contents.append(await _token(pod, request, services.api))
            volumes.write(place.volumes / volume.name, contents)
    except ConfigError as error:
        raise NotReadyError("ContainerCreating", str(error)) from error
    except (ApiError, *OUTAGE) as error:
        raise NotReadyError("ContainerCreating", f"API server: {error}") from error


async def prepare(
    container: Container, pod: Pod, place: Place, services: Services
) -> Launch:
    """The command with its environment and directory, all paths rewritten.

    Raises:
        NotReadyError: the image is unknown, or a secret or config map is missing.

    """
    image = services.images.find(container.image)
    if image is None:
        known = ", ".join(services.images.names())
        raise NotReadyError(
            "ImagePullBackOff",
            f'Back-off pulling image "{container.image}": this node knows {known}',
        )
    try:
        wanted = environment.references(container)
        sources = await _read(pod, wanted, services.api)
        declared = environment.resolve(container, pod, sources)
    except ConfigError as error:
        raise NotReadyError("CreateContainerConfigError", str(error)) from error
    except (ApiError, *OUTAGE) as error:
        raise NotReadyError(
            "CreateContainerConfigError", f"API server: {error}"
        ) from error
    return _launch(container, place, services, image, declared)


def _launch(
    container: Container,
    place: Place,
    services: Services,
    image: Image,
    declared: dict[str, str],
) -> Launch:
    message = place.message(container.name)
    paths = real_paths(container, place.volumes, message)
    rewrite = rewriter(paths, services.shared)
    for mount in container.mounts:
        with contextlib.suppress(FileExistsError):
            Path(paths[mount.path]).mkdir(parents=True, exist_ok=True)
    message.write_bytes(b"")
    command = container.command or image.entrypoint
    # As with a real image, a command of the pod's own drops the image's.
    argv = [environment.expand(word, declared) for word in (*command, *container.args)]
    if not argv:
        raise NotReadyError("CreateContainerError", "no command specified")
    scratch = {"TMPDIR": paths["/tmp"]} if "/tmp" in paths else {}
    env = {
        **environment.base_environment(image, place.home),
        **dict(services.machine),
        "TERMINATION_LOG_PATH": str(message),
        **scratch,
        **{name: rewrite(value) for name, value in declared.items()},
    }
    directory = rewrite(container.working_dir) if container.working_dir else None
    return Launch(
        argv=tuple(map(rewrite, argv)),
        env=env,
        directory=Path(directory) if directory else place.home,
        log=place.log(container.name),
        memory_limit=container.memory_limit,
    )


async def _read(pod: Pod, wanted: set[Reference], api: Api) -> Sources:
    async def one(reference: Reference) -> dict[str, bytes] | None:
        kind, name = reference
        path = f"/api/v1/namespaces/{pod.namespace}/{kind}/{quote(name, safe='')}"
        found = await api.get(path)
        return None if found is None else environment.contents(found)

    ordered = sorted(wanted)
    return dict(zip(ordered, await asyncio.gather(*map(one, ordered)), strict=True))


async def _token(pod: Pod, request: TokenRequest, api: Api) -> File:
    base = f"/api/v1/namespaces/{pod.namespace}/serviceaccounts"
    answer = await api.call(
        "POST",
        f"{base}/{pod.service_account}/token",
        {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {
                "audiences": [request.audience] if request.audience else [],
                "expirationSeconds": request.expiration_seconds,
                "boundObjectRef": {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "name": pod.name,
                    "uid": pod.uid,
                },
            },
        },
    )
    return File(request.path, answer["status"]["token"].encode(), 0o600)
