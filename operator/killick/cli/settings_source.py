"""The settings of the command line: the operator's own, as it published them.

In order of precedence: KILLICK_… variables of the shell, the operator's ConfigMap, the
built-in defaults.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from killick.cluster.kube import KubeCluster, connect
from killick.errors import KillickError
from killick.runtime.settings_publisher import CONFIG_MAPS
from killick.settings import Settings, variable

CONFIG_MAP = "killick-settings"  # as deploy/base names it


@dataclass(frozen=True)
class SettingsSource:
    """Settings and where they came from.

    `warning` says why the operator's own are not among them; empty if they are.
    """

    settings: Settings
    origin: str
    warning: str = ""


async def load_settings(operator_namespace: str) -> SettingsSource:
    """Return the settings to use; a ConfigMap that cannot be read is a warning."""
    where = f"ConfigMap {operator_namespace}/{CONFIG_MAP}"
    try:
        published = await _read(operator_namespace)
        settings = Settings.from_published(published)
    except KillickError as error:
        return _without(f"{where} cannot be read: {error.message}")
    except ValidationError as error:
        names = ", ".join(variable(str(one["loc"][0])) for one in error.errors())
        return _without(f"{where} holds invalid settings: {names}")
    if not published:
        return _without(f"{where} is empty: no operator has published its settings")
    overridden = Settings().overridden()
    origin = f"{where}{f', and {_listed(overridden)}' if overridden else ''}"
    return SettingsSource(settings, origin)


async def _read(namespace: str) -> dict[str, str]:
    cluster = KubeCluster(await connect())
    try:
        path = CONFIG_MAPS.format(namespace=namespace, name=CONFIG_MAP)
        manifest = await cluster.request("GET", path)
    finally:
        await cluster.close()
    return {str(k): str(v) for k, v in (manifest.get("data") or {}).items()}


def _without(problem: str) -> SettingsSource:
    """Return the shell's settings, with what to do about the operator's."""
    settings = Settings()
    overridden = settings.overridden()
    origin = "built-in defaults"
    if overridden:
        origin += f", and {_listed(overridden)}"
    fix = "name the operator's namespace with --operator-namespace, or set KILLICK_…"
    return SettingsSource(settings, origin, f"{problem}; {fix}")


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(map(variable, names))} from the environment"
