"""Addresses that both sides tell apart by their start."""

MODELS = "models:/"
"""The start of an artifact of a registered version: models:/name/version/path."""

RUNS = "runs:/"
"""The start of an artifact of a run: runs:/run/path."""

ARTIFACTS = "mlflow-artifacts:/"
"""The start of an artifact that the tracking server serves: mlflow-artifacts:/path."""

MLFLOW_ADDRESSES = (MODELS, RUNS, ARTIFACTS)
"""The starts of all addresses in MLflow; reading them needs MLFLOW_TRACKING_URI."""
