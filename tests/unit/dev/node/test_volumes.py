"""What volumes hold."""

from pathlib import Path
from typing import Any

import pytest

from dev.kubernetes.node.launch.environment import ConfigError
from dev.kubernetes.node.launch.volumes import (
    File,
    TokenRequest,
    files,
    references,
    token_requests,
    write,
)
from dev.kubernetes.node.pod.spec import parse_pod
from tests.unit.dev.node.builders import make_pod

SOURCES = {
    ("secrets", "s"): {"a": b"1", "b": b"2"},
    ("configmaps", "c"): {"x": b"y"},
}


def content(**source: Any) -> list[File]:
    """The files of a pod's only volume."""
    pod = parse_pod(make_pod(volumes=[{"name": "v", **source}]))
    return files(pod.volumes[0], pod, SOURCES)


def test_an_empty_dir_is_empty() -> None:
    """An emptyDir needs nothing and holds nothing."""
    assert content(emptyDir={}) == []


def test_all_keys_or_the_chosen_ones() -> None:
    """Without `items` every key is a file; with them, those at their paths."""
    every = content(secret={"secretName": "s", "defaultMode": 0o400})
    assert every == [File("a", b"1", 0o400), File("b", b"2", 0o400)]
    items = [{"key": "b", "path": "deep/b", "mode": 0o600}]
    chosen = content(secret={"secretName": "s", "items": items})
    assert chosen == [File("deep/b", b"2", 0o600)]


def test_a_projection_collects_its_sources() -> None:
    """Config maps, secrets, fields and tokens meet in one directory."""
    fields = [{"path": "ns", "fieldRef": {"fieldPath": "metadata.namespace"}}]
    token = {"path": "token", "expirationSeconds": 900, "audience": "aud"}
    sources = [
        {"configMap": {"name": "c"}},
        {"downwardAPI": {"items": fields}},
        {"secret": {"name": "s", "items": [{"key": "a", "path": "a"}]}},
        {"serviceAccountToken": token},
    ]
    projected = {"sources": sources}
    assert content(projected=projected) == [
        File("x", b"y"),
        File("ns", b"ns"),
        File("a", b"1"),
    ]
    pod = parse_pod(make_pod(volumes=[{"name": "v", "projected": projected}]))
    assert references(pod.volumes[0]) == {("configmaps", "c"), ("secrets", "s")}
    assert token_requests(pod.volumes[0]) == [TokenRequest("token", "aud", 900)]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"secret": {"secretName": "no"}}, 'secret "no" not found'),
        (
            {"configMap": {"name": "c", "items": [{"key": "k", "path": "p"}]}},
            'configmap "c" has no key k',
        ),
        (
            {"secret": {"secretName": "s", "items": [{"key": "a", "path": "../a"}]}},
            "path ../a leaves volume v",
        ),
    ],
)
def test_what_is_missing_is_named(source: dict[str, Any], message: str) -> None:
    """A volume that cannot be filled says which object, key or path is wrong."""
    with pytest.raises(ConfigError, match=message):
        content(**source)


def test_what_is_optional_may_be_missing() -> None:
    """A volume of a missing optional secret is empty."""
    assert content(secret={"secretName": "no", "optional": True}) == []


def test_files_are_written_for_the_owner_only(tmp_path: Path) -> None:
    """The node's user can read every file, and nobody else any."""
    write(tmp_path / "v", [File("a/b", b"x", 0o044), File("c", b"y", 0o755)])
    nested, script = tmp_path / "v/a/b", tmp_path / "v/c"
    assert nested.read_bytes() == b"x"
    assert nested.stat().st_mode & 0o777 == 0o400
    assert script.stat().st_mode & 0o777 == 0o700
