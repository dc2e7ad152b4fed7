"""`RegistryApi` on MLflow's documented REST API, version 2.0.

Nothing that the server says is trusted to have the right shape: what does not
parse is RegistryRefused, never a stray exception.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from killick.registry.calls import STAGES, TERMINAL, RawRun, RawVersion
from killick.registry.http import ApiError, Rest
from killick.registry.port import (
    RegistryError,
    RegistryRefused,
    RegistryUnreachable,
    VersionMissing,
)
from killick.registry.validation import check_version

# MLflow says a missing alias in either way, depending on what else is missing.
_MISSING: Final = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"})
_DATABASE_ERROR: Final = "BAD_REQUEST"  # what MLflow makes of any SQL error
RUNS_KEPT: Final = 2048
RUN_FRESH_FOR: Final = 300.0  # seconds; a person can still tag or resume an ended run


class MlflowApi:
    """One server as one credential sees it, with a small memory of ended runs."""

    def __init__(self, rest: Rest, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest = rest
        self._clock = clock
        self._ended: dict[str, tuple[float, RawRun]] = {}

    async def model_exists(self, model: str) -> bool:
        """Say whether the registered model exists."""
        return await self._found("registered-models/get", name=model) is not None

    async def by_alias(self, model: str, alias: str) -> RawVersion | None:
        """Return the version behind an alias."""
        answer = await self._found("registered-models/alias", name=model, alias=alias)
        return _version(_member(answer, "model_version")) if answer else None

    async def version(self, model: str, version: str) -> RawVersion | None:
        """Return one version."""
        answer = await self._found("model-versions/get", name=model, version=version)
        return _version(_member(answer, "model_version")) if answer else None

    async def newest(
        self, model: str, limit: int, page_token: str
    ) -> tuple[list[RawVersion], str]:
        """Return a page of versions, newest first, and the next page's token."""
        # Quoting is safe: a model's name has been checked to hold no quotes.
        params = {
            "filter": f"name='{model}'",
            "max_results": str(limit),
            "order_by": "creation_timestamp DESC",
        }
        if page_token:
            params["page_token"] = page_token
        answer = await self._rest.get("model-versions/search", **params)
        found = answer.get("model_versions", [])
        if not isinstance(found, list):
            raise _malformed("model_versions")
        token = answer.get("next_page_token", "")
        versions = [_version(item) for item in found]
        return versions, token if isinstance(token, str) else ""

    async def run(self, run_id: str) -> RawRun | None:
        """Return a run, an ended one from memory for some minutes."""
        kept = self._ended.get(run_id)
        if kept and self._clock() - kept[0] < RUN_FRESH_FOR:
            return kept[1]
        answer = await self._found("runs/get", run_id=run_id)
        found = _run(_member(answer, "run")) if answer else None
        self._ended.pop(run_id, None)
        if found and found.status in TERMINAL:
            self._ended[run_id] = (self._clock(), found)
            if len(self._ended) > RUNS_KEPT:
                self._ended.pop(next(iter(self._ended)))
        return found

    async def set_alias(self, model: str, alias: str, version: str) -> None:
        """Point the alias at the version, wherever it pointed before."""
        await self._write(
            "POST", "registered-models/alias", name=model, alias=alias, version=version
        )

    async def drop_alias(self, model: str, alias: str) -> None:
        """Remove the alias; absent is fine."""
        await self._write("DELETE", "registered-models/alias", name=model, alias=alias)

    async def set_tag(self, model: str, version: str, key: str, value: str) -> None:
        """Set one tag of a version."""
        content = {"name": model, "version": version, "key": key, "value": value}
        await self._write("POST", "model-versions/set-tag", **content)

    async def set_stage(self, model: str, version: str, stage: str) -> None:
        """Move the version to a stage and leave all other versions where they are."""
        content = {"name": model, "version": version, "stage": stage}
        await self._write("POST", "model-versions/transition-stage", **content)

    async def _found(self, path: str, **params: str) -> dict[str, Any] | None:
        try:
            return await self._rest.get(path, **params)
        except ApiError as error:
            if error.code in _MISSING:
                return None
            raise RegistryRefused(error.message) from None

    async def _write(self, method: str, path: str, **body: str) -> None:
        try:
            await self._rest.send(method, path, **body)
        except ApiError as error:
            if error.code != _DATABASE_ERROR:
                raise _refusal(error) from None
        else:
            return
        # Two writers that set one alias at once collide in MLflow's database; the
        # one that lost has only to ask again.
        try:
            await self._rest.send(method, path, **body)
        except ApiError as error:
            raise _refusal(error) from None


def _refusal(error: ApiError) -> RegistryError:
    if error.code == "RESOURCE_DOES_NOT_EXIST":
        return VersionMissing(error.message)
    if error.code == _DATABASE_ERROR:
        return RegistryUnreachable(error.message.partition("[SQL")[0].strip())
    return RegistryRefused(error.message)


def _version(raw: Mapping[str, Any]) -> RawVersion:
    stage = raw.get("current_stage") or "None"
    if stage not in STAGES:
        raise _malformed("current_stage")
    created = raw.get("creation_timestamp", 0)
    try:
        created = int(created) / 1000
    except (TypeError, ValueError):
        raise _malformed("creation_timestamp") from None
    return RawVersion(
        version=check_version(_text(raw, "version")),
        run_id=_text(raw, "run_id") or None,
        stage=stage,
        tags=_tags(raw),
        ready=raw.get("status", "READY") == "READY",
        created=created,
    )


def _run(raw: Mapping[str, Any]) -> RawRun | None:
    info = _member(raw, "info")
    if info.get("lifecycle_stage", "active") != "active":
        return None
    return RawRun(_text(info, "status"), _tags(raw.get("data", {})))


def _tags(raw: object) -> dict[str, str]:
    pairs = raw.get("tags", []) if isinstance(raw, Mapping) else None
    if not isinstance(pairs, list):
        raise _malformed("tags")
    # A tag whose value is empty comes without a value.
    return {_text(pair, "key"): _text(pair, "value") for pair in pairs}


def _text(raw: object, key: str) -> str:
    value = raw.get(key, "") if isinstance(raw, Mapping) else None
    if not isinstance(value, str):
        raise _malformed(key)
    return value


def _member(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = raw.get(key)
    if not isinstance(value, Mapping):
        raise _malformed(key)
    return value


def _malformed(what: str) -> RegistryRefused:
    return RegistryRefused(f"MLflow's answer has no proper {what}")
