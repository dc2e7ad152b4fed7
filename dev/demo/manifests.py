"""The manifests of examples/story, with the addresses and secrets of this run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]
STORY = Path(__file__).resolve().parents[2] / "examples" / "story"
NAMESPACE = "story"
NAME = "index-range"


@dataclass(frozen=True)
class Addresses:
    """The addresses of this run; the token and the database URL are secrets."""

    reference_uri: str
    references: str
    git_url: str
    git_token: str
    database_url: str


def load(name: str) -> list[Manifest]:
    """Return every document of one file of the story."""
    return list(yaml.safe_load_all((STORY / name).read_text()))


def secrets(addresses: Addresses) -> list[Manifest]:
    """Return the Secrets with their values; KeyError for a Secret without values."""
    values: Mapping[str, dict[str, str]] = {
        "inference-log": {"DATABASE_URL": addresses.database_url},
        "gitops": {"username": "killick", "password": addresses.git_token},
    }
    documents = load("secrets.yaml")
    for manifest in documents:
        manifest["stringData"] = values[manifest["metadata"]["name"]]
    return documents


def training(addresses: Addresses) -> list[Manifest]:
    """Return the suspended CronJob and its settings."""
    documents = load("training-cronjob.yaml")
    for manifest in documents:
        if manifest["kind"] == "ConfigMap":
            manifest["data"]["STORY_REFERENCES"] = addresses.references
    return documents


def model_deployment(addresses: Addresses) -> Manifest:
    """Return the ModelDeployment of the story."""
    (manifest,) = load("modeldeployment.yaml")
    manifest["spec"]["reference"]["uri"] = addresses.reference_uri
    manifest["spec"]["promotion"]["git"]["url"] = addresses.git_url
    return manifest


def values_file() -> tuple[str, bytes]:
    """Return the path of the values file and its content before the story."""
    (manifest,) = load("modeldeployment.yaml")
    path: str = manifest["spec"]["promotion"]["git"]["valuesPath"]
    return path, (STORY / "gitops" / "values.yaml").read_bytes()


def log_statements() -> list[str]:
    """Return the SQL statements that create the inference log's table."""
    script = (STORY / "inference-log.sql").read_text()
    return [part.strip() for part in script.split(";") if part.strip()]
