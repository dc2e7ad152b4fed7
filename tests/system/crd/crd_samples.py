"""ModelDeployments to try the CRD's rules with, and what an example of a rule is.

A change is a set of values by their paths below `spec`, put into `whole()`; `[0]` is
the first item of a list, and `ABSENT` takes a part away.
"""

import copy
import json
from dataclasses import dataclass
from typing import Any, Final

from dev.kubernetes.cluster import LocalCluster

ABSENT: Final = ...
Change = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One rule, found by its path and a part of its message, and its examples."""

    path: str  # as in the schema: below spec, `[]` for the items of a list
    says: str
    accepted: tuple[Change, ...]
    rejected: tuple[Change, ...]
    alone: bool = True  # False: what it rejects also breaks another rule


def manifest(name: str, change: Change) -> dict[str, Any]:
    """Return the whole ModelDeployment with a change."""
    spec = whole()
    for path, value in change.items():
        _put(spec, path.split("."), copy.deepcopy(value))
    return {
        "apiVersion": "killick.dev/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": spec,
    }


def minimal() -> dict[str, Any]:
    """Return a spec that says only what has to be said."""
    return {
        "model": {"name": "churn"},
        "reference": {"uri": "s3://models/churn.parquet"},
        "inferenceLog": {
            "type": "Postgres",
            "postgres": {"secretKeyRef": {"name": "log", "key": "URL"}, "table": "log"},
            "features": {"type": "Vector", "vector": {"names": ["price", "age"]}},
        },
    }


def whole() -> dict[str, Any]:
    """Return a spec with every part that a rule speaks of."""
    spec = copy.deepcopy(minimal())
    log: Change = {"predictionColumn": "score", "labelColumn": "label"}
    spec["inferenceLog"] |= log
    git = {
        "url": "https://git.example/ml/gitops.git",
        "valuesPath": "apps/churn/values.yaml",
        "jsonPointer": "/model/uri",
    }
    return spec | {
        "drift": {"columns": [{"name": "price"}]},
        "retraining": {"job": {"cronJobRef": {"name": "train"}}},
        "evaluation": {"metric": {"name": "RocAuc"}},
        "promotion": {"git": git},
    }


def _put(node: Any, steps: list[str], value: Any) -> None:
    step, *rest = steps
    key, bracket, _ = step.partition("[")
    if bracket:
        items = node.setdefault(key, [{}])
        if rest:
            _put(items[0], rest, value)
        else:
            items[0] = value
    elif rest:
        _put(node.setdefault(key, {}), rest, value)
    elif value is ABSENT:
        node.pop(key, None)
    else:
        node[key] = value


def values(path: str, says: str, accepted: list[Any], rejected: list[Any]) -> Case:
    """Return the case of a rule that looks at one value."""
    place = path.replace("[]", "[0]")
    good = tuple({place: value} for value in accepted)
    return Case(path, says, good, tuple({place: value} for value in rejected))


def features(kind: str, names: list[str]) -> Change:
    """Return features of a type, of which none differs from the defaults."""
    chosen = {"type": kind.capitalize(), kind: {"names": names}}
    return {"inferenceLog.features": chosen, "drift.columns": []}


def submit(cluster: LocalCluster, *manifests: Change, validate: str = "false") -> str:
    """Have the server judge manifests, keeping none; KubectlError if it refuses one.

    Only it judges, unless kubectl runs with `validate`.
    """
    listed = {"apiVersion": "v1", "kind": "List", "items": manifests}
    return cluster.kubectl(
        *("create", "--dry-run=server", f"--validate={validate}"),
        *("-o", "json", "-f", "-"),
        input=json.dumps(listed),
    )
