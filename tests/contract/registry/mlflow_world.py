"""Runs and versions on a real MLflow server, without files, for the contract."""

import time
from collections.abc import Mapping

from mlflow import MlflowClient

from killick.registry.port import Registry


class MlflowWorld:
    """The hands of training and of other people, by MLflow's own client."""

    def __init__(self, uri: str, registry: Registry) -> None:
        self.uri = uri
        self.registry = registry
        self._client = MlflowClient(uri, uri)

    def seed(self, model: str) -> None:
        """Create a registered model without versions; it may exist."""
        if not self._client.search_registered_models(f"name='{model}'"):
            self._client.create_registered_model(model)

    def register(
        self,
        model: str,
        run_tags: Mapping[str, str] | None = None,
        status: str = "FINISHED",
        version_tags: Mapping[str, str] | None = None,
    ) -> str:
        """Log a run, register it, and return the version."""
        self.seed(model)
        run = self._client.create_run("0", tags=dict(run_tags or {}))
        version = self.register_run(model, run.info.run_id)
        for key, value in (version_tags or {}).items():
            self._client.set_model_version_tag(model, version, key, value)
        if status != "RUNNING":
            self._client.set_terminated(run.info.run_id, status)
        return version

    def register_run(self, model: str, run_id: str) -> str:
        """Register a run, whether or not it has a version already."""
        source = f"mlflow-artifacts:/0/{run_id}/artifacts/model"
        made = self._client.create_model_version(model, source, run_id)
        # Versions are ordered by milliseconds.
        time.sleep(0.002)
        return str(made.version)

    def end_run(self, model: str, version: str, status: str) -> None:
        """Set the status of the run behind a version."""
        run_id = self._client.get_model_version(model, version).run_id
        self._client.set_terminated(run_id or "", status)

    def delete(self, model: str, version: str) -> None:
        """Delete a version."""
        self._client.delete_model_version(model, version)

    def point(self, model: str, alias: str, version: str) -> None:
        """Move an alias as another writer would."""
        self._client.set_registered_model_alias(model, alias, version)
