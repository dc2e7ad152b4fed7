"""The environment of a container."""

import base64
from pathlib import Path
from typing import Any

import pytest

from dev.kubernetes.node.launch.environment import (
    ConfigError,
    Sources,
    base_environment,
    contents,
    expand,
    references,
    resolve,
)
from dev.kubernetes.node.launch.images import Image
from dev.kubernetes.node.pod.spec import parse_pod
from tests.unit.dev.node.builders import make_container, make_pod

SOURCES: Sources = {
    ("secrets", "s"): {"user": b"me", "bad=key": b"x"},
    ("configmaps", "c"): {"k": b"v", "user": b"you"},
    ("secrets", "gone"): None,
    ("secrets", "binary"): {"k": b"\xff"},
}


def resolved(env: list[Any] | None = None, **fields: Any) -> dict[str, str]:
    """The declared variables of a pod's only container."""
    pod = parse_pod(make_pod(make_container(env=env or [], **fields)))
    return resolve(pod.containers[0], pod, SOURCES)


def secret_key(name: str, key: str, **fields: Any) -> dict[str, Any]:
    """An environment variable A from a key of a secret."""
    chosen = {"name": name, "key": key, **fields}
    return {"name": "A", "valueFrom": {"secretKeyRef": chosen}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(A)", "1"),
        ("x$(A)y$(B)", "x1y2"),
        ("$(NONE)", "$(NONE)"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"),
        ("$A ${A} $", "$A ${A} $"),
        ("$(A", "$(A"),
    ],
)
def test_expansion_is_the_kubelets(text: str, expected: str) -> None:
    """Known names are replaced, unknown ones stay, two dollars escape."""
    assert expand(text, {"A": "1", "B": "2"}) == expected


def test_values_see_only_what_comes_before_them() -> None:
    """A value refers to earlier variables, never to later ones."""
    env = [
        {"name": "A", "value": "1"},
        {"name": "B", "value": "$(A)$(C)"},
        {"name": "C", "value": "3"},
    ]
    assert resolved(env) == {"A": "1", "B": "1$(C)", "C": "3"}


def test_sources_come_in_order_with_their_prefix_and_env_wins() -> None:
    """Later sources and then `env` override; keys that are no names are left out."""
    env_from = [
        {"secretRef": {"name": "s"}},
        {"configMapRef": {"name": "c"}, "prefix": "P_"},
        {"configMapRef": {"name": "c"}},
    ]
    found = resolved([{"name": "k", "value": "$(user)"}], envFrom=env_from)
    assert found == {"user": "you", "P_k": "v", "P_user": "you", "k": "you"}


def test_values_of_keys_and_fields() -> None:
    """Secrets, config maps and the pod's own fields can be values."""
    chosen = {"name": "c", "key": "k"}
    env = [
        secret_key("s", "user"),
        {"name": "B", "valueFrom": {"configMapKeyRef": chosen}},
        {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ]
    assert resolved(env) == {"A": "me", "B": "v", "C": "p"}


def test_what_is_optional_may_be_missing() -> None:
    """A missing optional key or source sets nothing and stops nothing."""
    env = [
        secret_key("gone", "k", optional=True),
        secret_key("s", "none", optional=True),
    ]
    env_from = [{"secretRef": {"name": "gone", "optional": True}}]
    assert resolved(env, envFrom=env_from) == {}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"env": [secret_key("gone", "k")]}, 'secret "gone" not found'),
        ({"env": [secret_key("s", "no")]}, "couldn't find key no in Secret ns/s"),
        (
            {"envFrom": [{"configMapRef": {"name": "no"}}]},
            'configmap "no" not found',
        ),
        (
            {"env": [secret_key("binary", "k")]},
            'key k of secret "binary" cannot be an environment variable',
        ),
    ],
)
def test_what_is_missing_is_named_without_values(
    fields: dict[str, Any], message: str
) -> None:
    """The error is the kubelet's words: which object, which key, no content."""
    with pytest.raises(ConfigError) as caught:
        resolved(**fields)
    assert str(caught.value) == message


def test_references_are_every_object_that_is_named() -> None:
    """The node reads exactly the secrets and config maps that a container names."""
    env = [
        secret_key("s", "user"),
        {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
        {"name": "C", "value": "x"},
    ]
    env_from = [{"secretRef": {"name": "t"}}, {"configMapRef": {"name": "d"}}]
    pod = parse_pod(make_pod(make_container(env=env, envFrom=env_from)))
    assert references(pod.containers[0]) == {
        ("secrets", "s"),
        ("secrets", "t"),
        ("configmaps", "c"),
        ("configmaps", "d"),
    }


def test_the_image_gives_path_home_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the node's own environment is in a container's."""
    monkeypatch.setenv("NODE_SECRET", "x")
    image = Image(venv="/v", pythonpath=("/a", "/b"), path=("/tools",))
    assert base_environment(image, Path("/home/p")) == {
        "PATH": "/v/bin:/tools:/usr/bin:/bin",
        "HOME": "/home/p",
        "LANG": "C.UTF-8",
        "VIRTUAL_ENV": "/v",
        "PYTHONPATH": "/a:/b",
    }
    assert "VIRTUAL_ENV" not in base_environment(Image(), Path("/h"))


def test_contents_of_api_objects() -> None:
    """Secrets are decoded; config maps hold text and bytes."""
    encoded = base64.b64encode(b"\0x").decode()
    secret = {"kind": "Secret", "data": {"a": encoded}}
    config = {"kind": "ConfigMap", "data": {"a": "é"}, "binaryData": {"b": encoded}}
    assert contents(secret) == {"a": b"\0x"}
    assert contents(config) == {"a": "é".encode(), "b": b"\0x"}
    assert contents({"kind": "Secret"}) == {}
