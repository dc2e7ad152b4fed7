"""The training of the loop's tests: a straight line through the log, in seconds.

The template CronJob runs it as `python -c`. It follows docs/training-contract.md and,
like most training programs, knows nothing of Killick but its variables. Without
KILLICK_TRAIN_BEFORE it logs the first champion and says where that lies.
"""

import json
import os

import mlflow
import numpy as np
from sklearn.linear_model import LinearRegression


def logged() -> tuple[np.ndarray, np.ndarray]:
    """Return the labeled rows of the inference log before the cut-off."""
    from adbc_driver_postgresql import dbapi

    query = (
        "SELECT feature_vector[1], feature_vector[2], label FROM ml.log "
        "WHERE label IS NOT NULL AND predicted_at < $1::timestamptz"
    )
    before = os.environ["KILLICK_TRAIN_BEFORE"]
    with dbapi.connect(os.environ["DATABASE_URL"]) as connection:
        cursor = connection.cursor()
        cursor.execute(query, (before,))
        rows = np.array(cursor.fetchall(), dtype=float)
        cursor.close()
    return rows[:, :2], rows[:, 2]


def first() -> tuple[np.ndarray, np.ndarray]:
    """Return the old world: the label is the sum of the features."""
    features = np.random.default_rng(0).uniform(size=(50, 2))
    return features, features.sum(axis=1)


initial = "KILLICK_TRAIN_BEFORE" not in os.environ
features, labels = first() if initial else logged()
with mlflow.start_run() as run:
    model = LinearRegression().fit(features, labels)
    info = mlflow.sklearn.log_model(
        model,
        name="model",
        registered_model_name=None if initial else os.environ["KILLICK_MODEL"],
        pip_requirements=[],  # finding them takes longer than all the rest
    )
found = {"run": run.info.run_id, "source": info.model_uri, "model": info.model_id}
print(json.dumps(found))  # noqa: T201
