"""What Killick accepts as an address, a name or a tag before it is sent anywhere."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from killick.registry.port import (
    TAG_PREFIX,
    TAG_VALUE_LIMIT,
    RegistryRefused,
    RegistryTarget,
)

_MODEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ALIAS: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")
_RESERVED_ALIAS: Final = re.compile(r"latest|v[0-9]+", re.IGNORECASE)
_VERSION: Final = re.compile(r"[1-9][0-9]{0,17}")
_TAG_KEY: Final = re.compile(re.escape(TAG_PREFIX) + r"[a-z0-9-]{1,60}")


def check_target(target: RegistryTarget) -> None:
    """Raise RegistryRefused unless the address and all names can be used."""
    check_uri(target.tracking_uri)
    if not _MODEL.fullmatch(target.model):
        raise RegistryRefused(f"not a model name: {target.model!r}")
    for alias in (target.champion_alias, target.candidate_alias):
        if not _ALIAS.fullmatch(alias):
            raise RegistryRefused(f"not an alias: {alias!r}")
        if _RESERVED_ALIAS.fullmatch(alias):
            # MLflow answers a read of "latest" with the newest version.
            raise RegistryRefused(f"MLflow reserves the alias {alias!r}")
    if target.champion_alias == target.candidate_alias:
        raise RegistryRefused("champion and candidate need different aliases")


def check_uri(uri: str) -> None:
    """Raise RegistryRefused unless this is a plain http(s) address of a server."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        raise RegistryRefused("the tracking URI is not a URI") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RegistryRefused("the tracking URI must be http://… or https://…")
    if "@" in parts.netloc:
        # Not quoted: it may hold a password.
        raise RegistryRefused("the tracking URI must not hold a user or a password")
    if parts.query or parts.fragment or not uri.isprintable() or " " in uri:
        raise RegistryRefused("the tracking URI must be an address and a path only")
    if port == 0:
        raise RegistryRefused("the tracking URI has port 0")


def check_version(version: str) -> str:
    """Return the version, a positive decimal number; else raise RegistryRefused."""
    if not _VERSION.fullmatch(version):
        raise RegistryRefused(f"not a version number: {version[:40]!r}")
    return version


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise RegistryRefused unless these are tags of ours that can be read back."""
    for key, value in tags.items():
        if not _TAG_KEY.fullmatch(key):
            raise RegistryRefused(f"not a tag of Killick: {key[:80]!r}")
        if len(value) > TAG_VALUE_LIMIT:
            raise RegistryRefused(f"tag {key} is longer than {TAG_VALUE_LIMIT}")


def own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the `killick.dev/…` tags whose key and length we would write."""
    return {
        key: value
        for key, value in sorted(tags.items())
        if _TAG_KEY.fullmatch(key) and len(value) <= TAG_VALUE_LIMIT
    }
