"""For every rule on how parts go together what it accepts and rejects, as a table."""

from collections.abc import Iterator

from tests.system.crd.crd_samples import ABSENT, Case, features, values, whole


def part_cases() -> Iterator[Case]:
    """Yield a case for every rule on parts of the spec and on the pods."""
    yield from _parts()
    yield from _pods()


def _parts() -> Iterator[Case]:
    log, whole_log = "inferenceLog", whole()["inferenceLog"]
    columns = features("columns", ["price", "age"])
    error = {"evaluation.metric.name": "RootMeanSquaredError"}
    f1 = {"evaluation.metric.name": "F1"}
    nothing = {"promotion": ABSENT, "evaluation": ABSENT, "retraining": ABSENT}
    yield Case(
        "",
        "promotion needs",
        ({}, {"promotion": ABSENT}),
        ({"evaluation": ABSENT},),
    )
    yield Case(
        "",
        "the truth is known",
        ({}, {**nothing, f"{log}.labelColumn": ABSENT}),
        ({f"{log}.labelColumn": ABSENT},),
    )
    performance = {"drift.performance": {"metric": {"name": "RocAuc"}}}
    yield Case(
        "",
        "measured by both",
        (performance,),
        ({**performance, f"{log}.predictionColumn": ABSENT},),
    )
    yield from _segments()
    bound = {"drift.performance": {"metric": {"name": "RocAuc"}, "minimum": "0.7"}}
    wanted = {"retraining.triggers": ["Drift", "Performance"]}
    yield Case(
        "",
        "needs a bound",
        ({**bound, **wanted}, bound, {**bound, "retraining.triggers": ["Performance"]}),
        (wanted, {**performance, **wanted}),
    )
    declared = {"drift.performance.metric.name": "Accuracy"}
    lower = {"drift.performance.metric.name": "RootMeanSquaredError"}
    yield Case(
        "drift.performance",
        "maximum instead",
        ({**declared, "drift.performance.minimum": "0.7"},),
        ({**lower, "drift.performance.minimum": "0.7"},),
    )
    yield Case(
        "drift.performance",
        "minimum instead",
        ({**lower, "drift.performance.maximum": "0.7"},),
        ({**declared, "drift.performance.maximum": "0.7"},),
    )
    yield Case(
        "",
        "scores the versions",
        ({}, nothing),
        ({"retraining": ABSENT},),
    )
    yield Case(
        "",
        "only features that",
        ({"drift.columns": [{"name": "age"}]}, columns),
        (
            {"drift.columns": [{"name": "agee"}]},
            {**features("columns", ["age"]), "drift.columns": [{"name": "price"}]},
        ),
    )
    yield from _excluded()
    yield values(
        "registry.aliases",
        "two different",
        [{}, {"champion": "live"}],
        [{"champion": "a", "candidate": "a"}, {"candidate": "champion"}],
    )
    yield Case(log, "for type Postgres", ({},), ({f"{log}.postgres": ABSENT},))
    yield from _stores(log)
    yield Case(
        log,
        "with themselves",
        ({f"{log}.labelColumn": "other"}, {f"{log}.predictionColumn": ABSENT}),
        ({f"{log}.labelColumn": whole_log["predictionColumn"]},),
    )
    yield Case(
        log,
        "see its answer",
        (columns,),
        ({**columns, f"{log}.labelColumn": "age"},),
    )
    yield Case(
        log,
        "three different",
        ({f"{log}.timestampColumn": "at"},),
        ({f"{log}.timestampColumn": "label"}, {f"{log}.timestampColumn": "score"}),
    )
    yield Case(
        log,
        "what the model is given",
        (columns,),
        (
            {**columns, f"{log}.timestampColumn": "age"},
            {**columns, f"{log}.predictionColumn": "age"},
        ),
    )
    yield Case(
        f"{log}.features",
        "for type Vector",
        (features("vector", ["a"]),),
        ({**columns, f"{log}.features.vector": {"names": ["age"]}},),
    )
    yield Case(
        f"{log}.features",
        "for type Json",
        (features("json", ["a"]),),
        ({**columns, f"{log}.features.json": {"names": ["age"]}},),
    )
    yield Case(
        f"{log}.features",
        "for type Columns",
        (columns,),
        ({f"{log}.features.columns": {"names": ["price"]}},),
    )
    yield values(
        "drift.persistence",
        "breaches that does not exceed",
        [{}, {"breaches": 3}, {"breaches": 1, "windows": 1}],
        [{"breaches": 4}, {"windows": 1}],
    )
    yield Case("retraining", "for type Job", ({},), ({"retraining.job": ABSENT},))
    yield Case(
        "evaluation",
        "a share",
        (
            {"evaluation.minimumImprovement": "0.99"},
            {**error, "evaluation.minimumImprovement": "12"},
        ),
        ({"evaluation.minimumImprovement": "1"},),
    )
    yield Case(
        "evaluation",
        "maximum instead",
        ({"evaluation.minimum": "0.7"}, {**f1, "evaluation.minimum": "0.7"}),
        ({**error, "evaluation.minimum": "0.7"},),
    )
    yield Case(
        "evaluation",
        "minimum instead",
        ({**error, "evaluation.maximum": "0.7"},),
        ({"evaluation.maximum": "0.7"}, {**f1, "evaluation.maximum": "0.7"}),
    )


def _excluded() -> Iterator[Case]:
    shapes = [features(kind, ["price", "id"]) for kind in ("vector", "columns", "json")]
    excluded = [{**shape, "drift.exclude": ["id", "row"]} for shape in shapes]
    columns = [{"name": "price"}, {"name": "id", "critical": True}]
    yield Case(
        "",
        "an excluded column is not compared",
        ({"drift.exclude": ["age"]}, {**excluded[0], "drift.columns": columns[:1]}),
        tuple({**change, "drift.columns": columns} for change in excluded),
    )
    yield Case(
        "",
        "at least one feature",
        tuple(excluded),
        tuple({**shape, "drift.exclude": ["price", "id"]} for shape in shapes),
    )


def _segments() -> Iterator[Case]:
    column = {"drift.segments.column": "country"}
    yield Case(
        "",
        "of JSON makes no segments",
        (column, {**features("columns", ["country", "age"]), **column}),
        (
            {**features("vector", ["country", "age"]), **column},
            {**features("json", ["country", "age"]), **column},
        ),
    )
    yield Case(
        "",
        "a time makes no segments",
        (column,),
        ({**column, "inferenceLog.timestampColumn": "country"},),
    )
    yield Case(
        "",
        "judges only the whole",
        ({**column, "drift.engine": "Native"}, {"drift.engine": "Evidently"}),
        ({**column, "drift.engine": "Evidently"},),
    )


def _stores(log: str) -> Iterator[Case]:
    postgres = whole()["inferenceLog"]["postgres"]
    for kind, key, part in (
        ("Files", "files", {"uri": "s3://logs/churn"}),
        ("DuckDB", "duckdb", {"uri": "/data/log.duckdb", "table": "log"}),
    ):
        chosen = {f"{log}.type": kind, f"{log}.postgres": ABSENT}
        yield Case(
            log,
            f"for type {kind}",
            ({**chosen, f"{log}.{key}": part},),
            (chosen, {f"{log}.postgres": postgres, f"{log}.{key}": part}),
        )


def _pods() -> Iterator[Case]:
    pod = "drift.podTemplate"
    for path in ("requests", "limits"):
        yield values(
            f"{pod}.resources.{path}",
            "write quantities",
            [{"cpu": 1, "memory": "1Gi"}, {"cpu": "500m", "nvidia.com/gpu": 1}],
            [{"cpu": "fast"}, {"memory": "-1Gi"}, {"memory": "1 GB"}],
        )
    yield values(
        f"{pod}.resources",
        "do not exceed the limits",
        [
            {"requests": {"cpu": "999m"}, "limits": {"cpu": 1}},
            {"requests": {"cpu": 1}, "limits": {"memory": "1Gi"}},
        ],
        [{"requests": {"cpu": 2, "memory": "2Gi"}, "limits": {"memory": "1Gi"}}],
    )
    yield values(
        f"{pod}.envFrom[]",
        "either a secretRef",
        [{"secretRef": {"name": "a"}}, {"configMapRef": {"name": "a"}}],
        [{}, {"secretRef": {"name": "a"}, "configMapRef": {"name": "a"}}],
    )
    good = [{"team": "pricing"}, {"example.com/x": "A.b_c"}, {"empty": ""}]
    bad = [{"a b": "x"}, {"Upper.Case/x": "x"}, {"x": "a b"}, {"x": "-a"}]
    for path in ("nodeSelector", "labels"):
        yield values(f"{pod}.{path}", "as Kubernetes takes", good, bad)
    yield values(
        f"{pod}.labels",
        "choose other keys",
        [{"example.com/purpose": "check"}],
        [
            {"killick.dev/purpose": "x"},
            {"job-name": "x"},
            {"batch.kubernetes.io/job-name": "x"},
        ],
    )
    exists = {"key": "gpu", "operator": "Exists"}
    yield values(
        f"{pod}.tolerations[]",
        "leave value out",
        [exists, {"key": "gpu", "value": "a"}],
        [{**exists, "value": "a"}],
    )
    yield values(
        f"{pod}.tolerations[]",
        "name a key",
        [{"operator": "Exists"}],
        [{"value": "a"}, {"operator": "Equal"}],
    )
    yield values(
        f"{pod}.tolerations[]",
        "NoExecute only",
        [{**exists, "effect": "NoExecute", "tolerationSeconds": 60}],
        [{**exists, "tolerationSeconds": 60}],
    )
