"""Volumes as real directories: what goes into them (pure), and writing it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from dev.kubernetes.node.launch.environment import ConfigError, Reference, Sources
from dev.kubernetes.node.pod.spec import Pod, Volume

_KINDS = {"secret": "secrets", "configMap": "configmaps"}
_DEFAULT_MODE = 0o644


@dataclass(frozen=True)
class File:
    """One file of a volume; `path` is relative to the volume's directory."""

    path: str
    content: bytes
    mode: int = _DEFAULT_MODE


@dataclass(frozen=True)
class TokenRequest:
    """A service account token that a projected volume wants written to `path`."""

    path: str
    audience: str | None
    expiration_seconds: int


def references(volume: Volume) -> set[Reference]:
    """Every secret and config map that the volume shows."""
    found: set[Reference] = set()
    for kind, source in _parts(volume):
        if kind in _KINDS:
            found.add((_KINDS[kind], _name(kind, source)))
    return found


def token_requests(volume: Volume) -> list[TokenRequest]:
    """The tokens that have to be asked for, besides `files`."""
    return [
        TokenRequest(
            source["path"],
            source.get("audience") or None,
            int(source.get("expirationSeconds") or 3600),
        )
        for kind, source in _parts(volume)
        if kind == "serviceAccountToken"
    ]


def files(volume: Volume, pod: Pod, sources: Sources) -> list[File]:
    """The files of a volume; empty for an emptyDir.

    Raises:
        ConfigError: a secret, config map or key that is not optional is missing,
            or a path would leave the volume.

    """
    mode = int(volume.source.get("defaultMode") or _DEFAULT_MODE)
    found: list[File] = []
    for kind, source in _parts(volume):
        if kind in _KINDS:
            found += _keys(kind, source, sources, mode)
        elif kind == "downwardAPI":
            for item in source.get("items") or ():
                value = pod.field(item["fieldRef"]["fieldPath"]) or ""
                item_mode = int(item.get("mode") or mode)
                found.append(File(item["path"], value.encode(), item_mode))
    for file in found:
        path = PurePosixPath(file.path)
        if path.is_absolute() or ".." in path.parts:
            raise ConfigError(f"path {file.path} leaves volume {volume.name}")
    return found


def write(directory: Path, contents: list[File]) -> None:
    """Make the volume's directory and its files, readable by the node's user only."""
    directory.mkdir(parents=True, exist_ok=True)
    for file in contents:
        path = directory / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(file.content)
        # The owner must be able to read and to remove whatever the pod asks for.
        path.chmod(file.mode & 0o700 | 0o400)


def _parts(volume: Volume) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if volume.kind != "projected":
        yield volume.kind, volume.source
        return
    for part in volume.source.get("sources") or ():
        for kind, source in part.items():
            if source is not None:
                yield kind, source


def _name(kind: str, source: Mapping[str, Any]) -> str:
    # A secret volume says `secretName`; everything else says `name`.
    name = source.get("name") or (source.get("secretName") if kind == "secret" else "")
    return name or ""


def _keys(
    kind: str, source: Mapping[str, Any], sources: Sources, mode: int
) -> Iterator[File]:
    name, optional = _name(kind, source), bool(source.get("optional"))
    title = kind.lower()
    data = sources.get((_KINDS[kind], name))
    if data is None:
        if not optional:
            raise ConfigError(f'{title} "{name}" not found')
        return
    items = source.get("items")
    if not items:
        yield from (File(key, value, mode) for key, value in data.items())
        return
    for item in items:
        if item["key"] in data:
            item_mode = int(item.get("mode") or mode)
            yield File(item["path"], data[item["key"]], item_mode)
        elif not optional:
            raise ConfigError(f'{title} "{name}" has no key {item["key"]}')
