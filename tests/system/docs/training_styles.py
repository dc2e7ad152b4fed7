"""A training program in every common style, each registering a model of its own.

Run in the training environment with the variables of docs/training-contract.md; the
styles that follow the contract need to know nothing of Killick.
"""

import contextlib
import os
from collections.abc import Callable
from typing import Any

import mlflow
import numpy as np
from sklearn.linear_model import LinearRegression

FEATURES = np.arange(12.0).reshape(6, 2)
LABELS = FEATURES.sum(axis=1)


class TrainingError(RuntimeError):
    """The training that fails on purpose."""


def log(name: str | None) -> Any:
    """Log a small model, registered under `name` if given."""
    model = LinearRegression().fit(FEATURES, LABELS)
    # Requirements are given because inferring them takes long.
    return mlflow.sklearn.log_model(
        model, name="model", registered_model_name=name, pip_requirements=[]
    )


def own_tags(name: str) -> None:
    """Log one run with tags of one's own, before and after."""
    with mlflow.start_run(tags={"team": "blue"}):
        log(name)
        mlflow.set_tag("stage", "done")


def registered_afterwards(name: str) -> None:
    """Register when the run has ended."""
    with mlflow.start_run():
        info = log(None)
    mlflow.register_model(info.model_uri, name)


def autologged(name: str) -> None:
    """Let MLflow make the run."""
    mlflow.sklearn.autolog(registered_model_name=name, log_datasets=False)
    try:
        LinearRegression().fit(FEATURES, LABELS)
    finally:
        mlflow.sklearn.autolog(disable=True)


def nested(name: str) -> None:
    """Search with child runs, register from the best of them."""
    with mlflow.start_run():
        for number in range(2):
            with mlflow.start_run(nested=True):
                log(name if number else None)


def client_only(name: str) -> None:
    """Use the low-level client, which puts no context on a run."""
    run = mlflow.MlflowClient().create_run("0")
    with mlflow.start_run(run_id=run.info.run_id):
        log(name)


def client_with_tags(name: str) -> None:
    """Use the low-level client and put the attempt's tag oneself."""
    tags = {"killick.dev/attempt": os.environ["KILLICK_ATTEMPT"]}
    run = mlflow.MlflowClient().create_run("0", tags=tags)
    with mlflow.start_run(run_id=run.info.run_id):
        log(name)


def failing(name: str) -> None:
    """Fail after the version was registered."""
    with contextlib.suppress(TrainingError), mlflow.start_run():
        log(name)
        raise TrainingError


def tag_overwritten(name: str) -> None:
    """Claim another attempt."""
    with mlflow.start_run(tags={"killick.dev/attempt": "another"}):
        log(name)


STYLES: dict[str, Callable[[str], None]] = {
    style.__name__: style
    for style in (
        own_tags,
        registered_afterwards,
        autologged,
        nested,
        client_only,
        client_with_tags,
        failing,
        tag_overwritten,
    )
}

if __name__ == "__main__":
    for style_name, style in STYLES.items():
        style(f"{os.environ['KILLICK_MODEL']}-{style_name}")
