"""A container's environment: pure, given the secrets and config maps it names.

The process gets what an image would give (PATH, HOME, PYTHONPATH, a locale) and
what the pod declares; nothing of the node's own environment.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dev.kubernetes.node.launch.images import Image
from dev.kubernetes.node.pod.spec import Container, Pod

# (kind, name), kind being "secrets" or "configmaps" as in the API's paths.
Reference = tuple[str, str]
# What each one holds; None when it does not exist.
Sources = Mapping[Reference, Mapping[str, bytes] | None]

_TITLES = {"secrets": "secret", "configmaps": "configmap"}
_SYSTEM_PATH = ("/usr/bin", "/bin")
# $$ escapes; $(NAME) is replaced when NAME is known and left as it is otherwise.
_VARIABLE = re.compile(r"\$(?:\$|\(([^()]*)\))")


class ConfigError(Exception):
    """A secret, config map or key that the pod needs is not there (yet)."""


def contents(found: Mapping[str, Any]) -> dict[str, bytes]:
    """What a Secret or ConfigMap from the API holds, as bytes by key."""
    if found.get("kind") == "Secret":
        return {
            key: base64.b64decode(value)
            for key, value in (found.get("data") or {}).items()
        }
    return {key: value.encode() for key, value in (found.get("data") or {}).items()} | {
        key: base64.b64decode(value)
        for key, value in (found.get("binaryData") or {}).items()
    }


def references(container: Container) -> set[Reference]:
    """Every secret and config map that the container's environment names."""
    found: set[Reference] = set()
    for source in container.env_from:
        found |= {reference for reference, _ in _whole(source)}
    for variable in container.env:
        selector = _selector(variable)
        if selector is not None:
            found.add(selector[0])
    return found


def base_environment(image: Image, home: Path) -> dict[str, str]:
    """What the image gives a process before the pod declares anything."""
    venv_bin = [f"{image.venv}/bin"] if image.venv else []
    variables = {
        "PATH": ":".join([*venv_bin, *image.path, *_SYSTEM_PATH]),
        "HOME": str(home),
        "LANG": "C.UTF-8",
    }
    if image.venv:
        variables["VIRTUAL_ENV"] = image.venv
    if image.pythonpath:
        variables["PYTHONPATH"] = ":".join(image.pythonpath)
    return variables | dict(image.environment)


def resolve(container: Container, pod: Pod, sources: Sources) -> dict[str, str]:
    """The variables that the pod declares, in order, with $(NAME) expanded.

    Raises:
        ConfigError: something that is not optional is missing; the message is
            the one of the kubelet and holds no values.

    """
    variables: dict[str, str] = {}
    for source in container.env_from:
        prefix = source.get("prefix") or ""
        for reference, optional in _whole(source):
            for key, value in _existing(reference, optional, sources).items():
                if key and "=" not in key:
                    variables[prefix + key] = _text(value, key, reference)
    for variable in container.env:
        value_from = variable.get("valueFrom")
        if not value_from:
            text = expand(variable.get("value") or "", variables)
            variables[variable["name"]] = text
            continue
        referred = _referred(variable, pod, sources)
        if referred is not None:
            variables[variable["name"]] = referred
    return variables


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace `$(NAME)` by the variable; `$$` is a literal dollar sign."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        return "$" if name is None else variables.get(name, match.group(0))

    return _VARIABLE.sub(value, text)


def _referred(variable: Mapping[str, Any], pod: Pod, sources: Sources) -> str | None:
    selector = _selector(variable)
    if selector is None:
        return pod.field(variable["valueFrom"]["fieldRef"]["fieldPath"]) or ""
    reference, key, optional = selector
    data = _existing(reference, optional, sources)
    if key in data:
        return _text(data[key], key, reference)
    if optional:
        return None
    kind, name = reference
    title = _TITLES[kind].capitalize().replace("map", "Map")
    raise ConfigError(f"couldn't find key {key} in {title} {pod.namespace}/{name}")


def _selector(variable: Mapping[str, Any]) -> tuple[Reference, str, bool] | None:
    value_from = variable.get("valueFrom") or {}
    for field, kind in (("secretKeyRef", "secrets"), ("configMapKeyRef", "configmaps")):
        chosen = value_from.get(field)
        if chosen:
            reference = (kind, chosen.get("name") or "")
            return reference, chosen["key"], bool(chosen.get("optional"))
    return None


def _whole(source: Mapping[str, Any]) -> Iterator[tuple[Reference, bool]]:
    for field, kind in (("secretRef", "secrets"), ("configMapRef", "configmaps")):
        chosen = source.get(field)
        if chosen:
            yield (kind, chosen.get("name") or ""), bool(chosen.get("optional"))


def _existing(
    reference: Reference, optional: bool, sources: Sources
) -> Mapping[str, bytes]:
    data = sources.get(reference)
    if data is not None:
        return data
    if optional:
        return {}
    kind, name = reference
    raise ConfigError(f'{_TITLES[kind]} "{name}" not found')


def _text(value: bytes, key: str, reference: Reference) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        kind, name = reference
        raise ConfigError(
            f'key {key} of {_TITLES[kind]} "{name}" cannot be an environment variable'
        )
    return text
