"""The training program of the story; it knows MLflow and SQL, and no Kubernetes.

`python -m story.train --initial` trains version 1 on 2004 to 2006. Without the flag
it is one retraining attempt and obeys docs/training-contract.md: it trains on the
same years and on every labeled row of the inference log before
KILLICK_TRAIN_BEFORE, and registers one version under KILLICK_MODEL. The attempt's
tag is put on the run by MLflow itself, from MLFLOW_RUN_CONTEXT.

STORY_REFERENCES is the address (any that pyarrow's file systems know) of the folder
where each version's reference goes: exactly the features it was trained on.
"""

import argparse
import hashlib
import io
import json
import os
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import mlflow
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
from adbc_driver_postgresql import dbapi
from pyarrow import fs
from sklearn.ensemble import GradientBoostingRegressor

from .market import FEATURES, TABLE, TRAINING, rows

TRAIN_BEFORE = "killick.dev/train-before"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trained:
    """What was registered, and where its reference lies."""

    model: str
    version: str
    train_before: str
    reference_uri: str
    reference_sha256: str
    rows: int


def first_rows() -> tuple[Floats, Floats]:
    """Features and labels of the years that version 1 was trained on."""
    known = [row for row in rows(TRAINING) if row.label is not None]
    return np.array([row.features for row in known]), np.array(
        [row.label for row in known]
    )


def logged_rows(database_url: str, before: datetime) -> tuple[Floats, Floats]:
    """Features and labels of the log's rows that were predicted before `before`.

    Raises ValueError if a row does not hold one value for each feature.
    """
    query = (
        f"SELECT feature_vector, label FROM {TABLE} "
        "WHERE label IS NOT NULL AND predicted_at < $1 ORDER BY predicted_at, id"
    )
    with dbapi.connect(database_url) as connection, connection.cursor() as cursor:
        cursor.execute(query, (before,))
        table = cursor.fetch_arrow_table()
    vectors = table["feature_vector"].to_pylist()
    if any(len(vector) != len(FEATURES) for vector in vectors):
        raise ValueError(f"{TABLE}: a feature_vector has not {len(FEATURES)} values")
    shaped = np.array(vectors, dtype=float).reshape(-1, len(FEATURES))
    return shaped, table["label"].to_numpy()


def fit(features: pd.DataFrame, labels: Floats) -> GradientBoostingRegressor:
    """Train for the error that the evaluation measures, the same way every time."""
    model = GradientBoostingRegressor(
        loss="absolute_error",
        n_estimators=200,
        max_depth=3,
        learning_rate=0.05,
        subsample=0.7,
        random_state=0,
    )
    return model.fit(features, labels)


def write_reference(features: pd.DataFrame, base: str, name: str) -> tuple[str, str]:
    """Write the features as parquet below `base`; return its address and SHA-256.

    The name holds the digest, so a version's reference is never written over.
    """
    buffer = io.BytesIO()
    table = pa.Table.from_pandas(features, preserve_index=False)
    # Without pandas' own description the file says only what it holds.
    pyarrow.parquet.write_table(table.replace_schema_metadata(), buffer)
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    uri = f"{base.rstrip('/')}/{name}-{digest[:16]}.parquet"
    system, path = fs.FileSystem.from_uri(uri)
    with system.open_output_stream(path) as stream:
        stream.write(buffer.getvalue())
    return uri, digest


def register(
    model: GradientBoostingRegressor, features: pd.DataFrame, tags: dict[str, str]
) -> str:
    """Log the model in a run of its own and register it; return the version.

    The tags come with the version, so it never exists without them.
    """
    name = os.environ["KILLICK_MODEL"]
    mlflow.set_experiment(name)
    with mlflow.start_run(tags={"killick.dev/train-before": tags[TRAIN_BEFORE]}):
        mlflow.log_metric("training_rows", len(features))
        logged = mlflow.sklearn.log_model(
            model,
            name="model",
            signature=mlflow.models.infer_signature(
                features, model.predict(features.head(1))
            ),
            # The trees of our own training; the format asks that they be named.
            skops_trusted_types=["sklearn.tree._tree.Tree"],
            # Given, because working them out takes longer than the training.
            pip_requirements=["scikit-learn", "skops", "pandas", "numpy"],
        )
        return str(mlflow.register_model(logged.model_uri, name, tags=tags).version)


def train(*, initial: bool) -> Trained:
    """Train and register one version from the environment of the contract."""
    name = os.environ["KILLICK_MODEL"]
    features, labels = first_rows()
    if initial:
        # Everything that is replayed later comes after this version's training.
        before = datetime.now(UTC).isoformat()
    else:
        before = os.environ["KILLICK_TRAIN_BEFORE"]
        more, answers = logged_rows(
            os.environ["DATABASE_URL"], datetime.fromisoformat(before)
        )
        print(
            f"{len(features)} rows of 2004 to 2006, {len(more)} of the log", flush=True
        )
        features, labels = np.vstack([features, more]), np.append(labels, answers)
    frame = pd.DataFrame(features, columns=list(FEATURES))
    uri, digest = write_reference(frame, os.environ["STORY_REFERENCES"], name)
    tags = {
        TRAIN_BEFORE: before,
        "killick.dev/reference-uri": uri,
        "killick.dev/reference-sha256": digest,
    }
    version = register(fit(frame, labels), frame, tags)
    return Trained(name, version, before, uri, digest, len(frame))


def main() -> int:
    """Train one version and print what was registered as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--initial",
        action="store_true",
        help="train version 1 on 2004 to 2006 and make it the champion",
    )
    initial = parser.parse_args().initial
    trained = train(initial=initial)
    if initial:
        mlflow.MlflowClient().set_registered_model_alias(
            trained.model, "champion", trained.version
        )
    print(json.dumps(asdict(trained)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
