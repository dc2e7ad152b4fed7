"""What the administrator of the operator decides, from the environment.

Every setting is a variable `KILLICK_<NAME>`; the defaults work.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from killick import __version__
from killick.plan.context import PlanSettings

PREFIX: Final = "KILLICK_"
PUBLISHED: Final = (
    "cluster",
    "namespaces",
    "tracking_uri",
    "allowed_hosts",
    "worker_image",
    "pushgateway_url",
    "resync_seconds",
)
"""What a plan depends on: the operator publishes these for the command line."""


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


class Settings(BaseSettings):
    """The operator's settings."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    cluster: str = Field(default="default", pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,62}$")
    """This cluster's own name: part of every ID that leaves the cluster."""

    namespaces: str = ""
    """Served namespaces, separated by commas; empty: all (needs cluster-wide rights
    on ModelDeployments)."""

    tracking_uri: str | None = None
    """The MLflow server of resources that name none."""

    allowed_hosts: str = "*"
    """Hosts that a resource may name (MLflow, Git), separated by commas; `*` and `?`
    are wildcards. The default allows all: narrow it where tenants are not trusted."""

    worker_image: str = f"killick-worker:{__version__}"
    """The image of checks and evaluations."""

    pushgateway_url: str | None = None
    """Given to checks, which then push their verdict's gauges."""

    work_directory: Path = Path("/var/lib/killick")
    """Holds bare clones of GitOps repositories; may be lost at any time."""

    resync_seconds: int = Field(default=300, ge=5)
    """How often a quiet object is looked at."""

    http_port: int = Field(default=8080, ge=0, le=65535)
    """Of /metrics and /healthz; 0 takes a free one."""

    http_host: str = "0.0.0.0"  # noqa: S104  a pod's probes come from outside it
    """The address that /metrics and /healthz listen on."""

    pass_seconds: int = Field(default=300, ge=1)
    """A pass that takes longer than this makes /healthz fail."""

    leader_election: bool = False
    """Act only while holding the Lease below; for more than one replica."""

    lease: str = Field(
        default="killick-system/killick", pattern=r"^[a-z0-9-]{1,63}/[a-z0-9.-]{1,253}$"
    )
    """NAMESPACE/NAME of that Lease, which must exist; one for each set of replicas."""

    settings_config_map: str = Field(
        default="killick-system/killick-settings",
        pattern=r"^([a-z0-9-]{1,63}/[a-z0-9.-]{1,253})?$",
    )
    """NAMESPACE/NAME of the ConfigMap, which must exist, that the settings which
    `killick plan` and `killick doctor` need are published in; empty: none."""

    lease_seconds: int = Field(default=15, ge=3, le=3600)
    """How long a replica that vanished keeps the others waiting."""

    @property
    def served_namespaces(self) -> tuple[str, ...]:
        """The namespaces to serve; none means all."""
        return tuple(n.strip() for n in self.namespaces.split(",") if n.strip())

    @property
    def host_patterns(self) -> tuple[str, ...]:
        """The patterns of hosts that resources may name."""
        return tuple(h.strip() for h in self.allowed_hosts.split(",") if h.strip())

    def published(self) -> dict[str, str]:
        """Return the settings to publish, by variable; URLs without credentials."""
        values = {name: getattr(self, name) for name in PUBLISHED}
        return {
            variable(name): _without_credentials(str(value))
            for name, value in values.items()
            if value is not None
        }

    def overridden(self) -> tuple[str, ...]:
        """Return which published settings the environment sets."""
        return tuple(name for name in PUBLISHED if name in self.model_fields_set)

    @classmethod
    def from_published(cls, published: Mapping[str, str]) -> Settings:
        """Return published settings; the environment's own go first.

        Raises pydantic's ValidationError for values of another version.
        """
        own = cls()
        values = {
            name: published[variable(name)]
            for name in PUBLISHED
            if variable(name) in published and name not in own.model_fields_set
        }
        return cls.model_validate({**own.model_dump(exclude_unset=True), **values})

    def for_plans(self) -> PlanSettings:
        """Return what plans depend on."""
        return PlanSettings(
            worker_image=self.worker_image,
            tracking_uri=self.tracking_uri,
            pushgateway_url=self.pushgateway_url,
            resync=timedelta(seconds=self.resync_seconds),
        )


def _without_credentials(value: str) -> str:
    """Return a URL without its user and password; any other text as it is."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return value
    if "@" not in parts.netloc:
        return value
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
