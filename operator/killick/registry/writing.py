"""What marking and tagging mean, as steps over a `RegistryApi`.

MLflow has no compare-and-set and no transactions. So each write looks first, does
only what is missing, in an order in which the alias moves last, and reads back.
Repeating an operation after a crash between any two steps completes it.
"""

from collections.abc import Mapping

from killick.registry.calls import RawVersion, RegistryApi
from killick.registry.port import (
    ChampionChange,
    ModelMissing,
    RegistryConflict,
    RegistryTarget,
    VersionMissing,
)
from killick.registry.validation import check_tags, check_target, check_version


async def mark_candidate(
    api: RegistryApi,
    target: RegistryTarget,
    version: str,
    tags: Mapping[str, str],
    *,
    sync_stage: bool,
) -> None:
    """Make `version` the candidate; see `Registry.mark_candidate`."""
    current = await _existing(api, target, version, tags)
    champion = await api.by_alias(target.model, target.champion_alias)
    if champion and champion.version == version:
        # Also keeps a stage Production from being pulled down to Staging.
        raise RegistryConflict(
            f"version {version} of {target.model} is the champion already"
        )
    await _set_tags(api, target, current, tags)
    if sync_stage and current.stage != "Staging":
        await api.set_stage(target.model, version, "Staging")
    candidate = await api.by_alias(target.model, target.candidate_alias)
    if candidate is None or candidate.version != version:
        await api.set_alias(target.model, target.candidate_alias, version)
    await _verify_alias(api, target, target.candidate_alias, version)
    await _verify(api, target, version, tags, "Staging" if sync_stage else None)


async def mark_champion(
    api: RegistryApi, target: RegistryTarget, change: ChampionChange
) -> None:
    """Move the champion alias; see `Registry.mark_champion`."""
    if change.previous is not None:
        check_version(change.previous)
    current = await _existing(api, target, change.version, change.tags)
    champion = await api.by_alias(target.model, target.champion_alias)
    found = champion.version if champion else None
    if found not in {change.version, change.previous}:
        raise RegistryConflict(
            f"alias {target.champion_alias} of {target.model} is at "
            f"{_named(found)}, not at {_named(change.previous)}"
        )
    await _set_tags(api, target, current, change.tags)
    if change.sync_stage:
        await _sync_champion_stages(api, target, current, change.previous)
    candidate = await api.by_alias(target.model, target.candidate_alias)
    if candidate and candidate.version == change.version:
        await api.drop_alias(target.model, target.candidate_alias)
    # Last, because the planner takes the moved alias for the end of it all.
    if found != change.version:
        await api.set_alias(target.model, target.champion_alias, change.version)
    await _verify_alias(api, target, target.champion_alias, change.version)
    stage = "Production" if change.sync_stage else None
    await _verify(api, target, change.version, change.tags, stage)


async def _existing(
    api: RegistryApi, target: RegistryTarget, version: str, tags: Mapping[str, str]
) -> RawVersion:
    """Check every argument of a write, then return the version that it is about."""
    check_target(target)
    check_version(version)
    check_tags(tags)
    current = await api.version(target.model, version)
    if current:
        return current
    if not await api.model_exists(target.model):
        raise ModelMissing(f"there is no registered model {target.model}")
    raise VersionMissing(f"{target.model} has no version {version}")


async def _set_tags(
    api: RegistryApi,
    target: RegistryTarget,
    current: RawVersion,
    tags: Mapping[str, str],
) -> None:
    for key, value in sorted(tags.items()):
        if current.tags.get(key) != value:
            await api.set_tag(target.model, current.version, key, value)


async def _sync_champion_stages(
    api: RegistryApi,
    target: RegistryTarget,
    current: RawVersion,
    previous: str | None,
) -> None:
    if current.stage != "Production":
        await api.set_stage(target.model, current.version, "Production")
    if previous is None or previous == current.version:
        return
    old = await api.version(target.model, previous)
    if old and old.stage != "Archived":
        await api.set_stage(target.model, previous, "Archived")


async def _verify_alias(
    api: RegistryApi, target: RegistryTarget, alias: str, version: str
) -> None:
    now = await api.by_alias(target.model, alias)
    if now is None or now.version != version:
        raise RegistryConflict(
            f"alias {alias} of {target.model} was set to version {version} and is "
            f"at {_named(now.version if now else None)} now: another writer"
        )


async def _verify(
    api: RegistryApi,
    target: RegistryTarget,
    version: str,
    tags: Mapping[str, str],
    stage: str | None,
) -> None:
    now = await api.version(target.model, version)
    if now is None:
        raise VersionMissing(f"version {version} of {target.model} has vanished")
    changed = [key for key, value in sorted(tags.items()) if now.tags.get(key) != value]
    if stage is not None and now.stage != stage:
        changed.append(f"stage {now.stage}")
    if changed:
        raise RegistryConflict(
            f"version {version} of {target.model} was changed by another writer: "
            + ", ".join(changed)
        )


def _named(version: str | None) -> str:
    return "no version" if version is None else f"version {version}"
