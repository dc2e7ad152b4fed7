"""For every rule on one value what it accepts and what it rejects, as a table."""

from collections.abc import Iterator

from tests.system.crd.crd_samples import ABSENT, Case, Change, features, values

JSON_COLUMN = "inferenceLog.features.json.column"


def value_cases() -> Iterator[Case]:
    """Yield a case for every rule on a name, a number or an address."""
    yield from _names()
    yield from _numbers()
    yield from _addresses()


def _names() -> Iterator[Case]:
    log, says = "inferenceLog", "name as the data have it"
    fine, odd = ["at", "sepal length (cm)", "a.b", "é"], [" a", "a ", "a\nb", "a\tb"]
    for path in ("timestampColumn", "predictionColumn", "labelColumn"):
        yield values(f"{log}.{path}", says, fine, odd)
    yield values(f"{log}.features.vector.column", says, fine, odd)
    yield Case(
        "drift.exclude[]",
        says,
        tuple({"drift.exclude": ["age", name]} for name in fine),
        tuple({"drift.exclude": ["age", name]} for name in odd),
    )
    yield Case(
        f"{log}.features.json.column",
        says,
        tuple({**features("json", ["a"]), JSON_COLUMN: one} for one in fine),
        tuple({**features("json", ["a"]), JSON_COLUMN: one} for one in odd),
    )
    yield Case(
        f"{log}.filters[].column",
        says,
        tuple({f"{log}.filters": [{"column": n, "equals": "a"}]} for n in fine),
        tuple({f"{log}.filters": [{"column": n, "equals": "a"}]} for n in odd),
    )
    for kind in ("vector", "columns", "json"):
        yield Case(
            f"{log}.features.{kind}.names[]",
            says,
            tuple(features(kind, ["price", name]) for name in fine),
            tuple(features(kind, ["price", name]) for name in odd),
        )
    fine, odd = ["log", "_x", "A$1", "a" * 63], ["9x", "a b", 'a"b', "ml.log", "é"]
    yield values(f"{log}.postgres.schema", "schema's plain name", fine, odd)
    yield values(f"{log}.postgres.table", "table's plain name", fine, odd)
    for field in ("schema", "table"):
        yield _stored(f"duckdb.{field}", f"{field}'s plain name", fine, odd)
    fine = ["s3://b/log", "gs://b/x", "abfss://c@a.dfs.example/x", "file:///x", "/x"]
    odd = ["log", "http://h/x", "https://h/x", "s3://key:secret@b/x", "ftp://h/x"]
    for kind in ("files", "duckdb"):
        yield _stored(f"{kind}.uri", "without keys", fine, odd)
    pod = "drift.podTemplate"
    fine, odd = ["a", "my-name.example", "a" * 52], ["A", "-a", "a-", "a..b", "a_b"]
    yield values("registry.credentialsSecretRef.name", "a Secret", fine, odd)
    yield values("inferenceLog.postgres.secretKeyRef.name", "a Secret", fine, odd)
    yield values("promotion.git.credentialsSecretRef.name", "a Secret", fine, odd)
    yield values(f"{pod}.imagePullSecrets[].name", "a Secret", fine, odd)
    yield values(f"{pod}.envFrom[].secretRef.name", "a Secret", fine, odd)
    yield values(f"{pod}.envFrom[].configMapRef.name", "a ConfigMap", fine, odd)
    yield values(f"{pod}.serviceAccountName", "a ServiceAccount", fine, odd)
    yield values("retraining.job.cronJobRef.name", "a CronJob", fine, odd)
    yield values(
        "inferenceLog.postgres.secretKeyRef.key",
        "a key of the Secret",
        ["DATABASE_URL", "url.txt"],
        ["a b", "a/b"],
    )
    yield values(
        "model.name", "a model name", ["churn", "9.a_b-C"], ["-a", ".a", "a b", "a/b"]
    )
    for path in ("registry.aliases.champion", "registry.aliases.candidate"):
        yield values(path, "letters, digits, '_'", ["live", "a-1_B"], ["a b", "a.b"])
        yield values(
            path, "MLflow keeps", ["newest", "v1a"], ["latest", "Latest", "v1", "V12"]
        )


def _stored(path: str, says: str, fine: list[str], odd: list[str]) -> Case:
    """Return the case of a value of another store than PostgreSQL."""
    kind, field = path.split(".")
    part = {"uri": "/x"} if kind == "files" else {"uri": "/x", "table": "log"}

    def change(value: str) -> Change:
        return {
            "inferenceLog.type": {"files": "Files", "duckdb": "DuckDB"}[kind],
            "inferenceLog.postgres": ABSENT,
            f"inferenceLog.{kind}": {**part, field: value},
        }

    accepted, rejected = tuple(map(change, fine)), tuple(map(change, odd))
    return Case(f"inferenceLog.{path}", says, accepted, rejected)


def _numbers() -> Iterator[Case]:
    odd = ["1d", "24", "h", "1.5h", "-1h", "1h 2m", "1ms", "99999h99999h99999h"]
    for path, least, most, less, more in (
        ("drift.window", "10s", "2160h", "9s", "2160h1s"),
        ("inferenceLog.lag", "0s", "168h", "1x", "168h1s"),
        ("inferenceLog.labelDelay", "0s", "8760h", "1x", "8760h1s"),
        ("retraining.cooldown", "0s", "8760h", "1x", "8760h1s"),
        ("retraining.budget.per", "1m", "8760h", "59s", "8761h"),
        ("retraining.timeout", "10s", "168h", "9s", "169h"),
        ("evaluation.timeout", "10s", "24h", "9s", "24h1m"),
    ):
        says = f"a duration from {least} to {most}"
        yield values(path, says, [least, "1h30m", most], [less, more, *odd])
    odd = [".5", "1.", "-1", "1e-3", "0,5", "+1", "NaN", "5%"]
    error = {"evaluation.metric.name": "MeanAbsoluteError"}
    yield values(
        "drift.significance", "at most 0.5", ["0.05", "0.5"], ["0", "0.51", *odd]
    )
    yield values(
        "drift.columns[].threshold", "from 0 to 10", ["0", "10"], ["10.1", *odd]
    )
    yield values(
        "drift.columns[].weight",
        "at most 1000",
        ["0.001", "2.5", "1000"],
        ["0", "1000.1", *odd],
    )
    yield values("evaluation.minimum", "from 0 to 1", ["0", "1.0"], ["1.01", *odd])
    score = {"drift.performance.metric.name": "F1"}
    yield Case(
        "drift.performance.minimum",
        "from 0 to 1",
        tuple({**score, "drift.performance.minimum": value} for value in ("0", "1.0")),
        tuple(
            {**score, "drift.performance.minimum": value} for value in ("1.01", *odd)
        ),
    )
    yield Case(
        "drift.performance.maximum",
        "0 or more",
        (
            {
                "drift.performance.metric.name": "MeanAbsoluteError",
                "drift.performance.maximum": "2.5",
            },
        ),
        tuple(
            {
                "drift.performance.metric.name": "MeanAbsoluteError",
                "drift.performance.maximum": value,
            }
            for value in odd
        ),
    )
    yield values("evaluation.minimumImprovement", "0 or more", ["0", "0.01"], odd)
    yield Case(
        "evaluation.maximum",
        "0 or more",
        ({**error, "evaluation.maximum": "2.5"},),
        tuple({**error, "evaluation.maximum": value} for value in odd),
    )
    yield values(
        "reference.sha256", "64 lower-case", ["0a" * 32], ["0A" * 32, "0g" * 32, "0a"]
    )
    yield values(
        "drift.schedule",
        "five cron fields",
        ["@hourly", "@daily", "*/5 * * * *", "30 6 * JAN MON-FRI", "0 0,12 1-31/2 1 0"],
        [
            "@every 5m",
            "0 0 * * * *",
            "* * * *",
            "R * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 7",
            "*/0 * * * *",
            "0 6 * * XYZ",
            "----- * * * *",
            "CRON_TZ=UTC * * * * *",
            "*  * * * *",
        ],
    )
    for path in ("inferenceLog.timeZone", "drift.timeZone"):
        yield values(
            path,
            "a time zone",
            ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+1"],
            ["Local", "local", "../etc/passwd", "/UTC", "+01:00", "Europe/"],
        )


def _addresses() -> Iterator[Case]:
    yield values(
        "registry.trackingURI",
        "https://HOST or",
        ["http://mlflow.mlops:5000", "https://mlflow.example/base/", "http://[::1]:1"],
        ["mlflow:5000", "https://u:p@mlflow", "ftp://mlflow", "https://m?x=1"],
    )
    yield values(
        "reference.uri",
        "without keys",
        [
            "s3://b/a@b.parquet?region=eu",
            "gs://b/x",
            "abfss://c@a.dfs.example/x",
            "https://h/x.parquet",
            "models:/churn/3/reference.parquet",
            "runs:/0af/data/reference.arrow",
            "mlflow-artifacts:/0/x",
            "file:///data/x",
            "/data/x.parquet",
        ],
        [
            "x.parquet",
            "s3://key:secret@b/x",
            "models://u:p@host/x",
            "https://u@h/x",
            "abfs://:key@a/x",
            "file://host/x",
            "hdfs://h/x",
            "s3://b/a b",
        ],
    )
    yield values(
        "drift.profiles",
        "without keys",
        ["s3://b/a?region=eu", "gs://b", "abfss://c@a.dfs.example/x"],
        ["/data", "file:///data", "s3://key:secret@b/x", "https://h/x", "s3://b/a b"],
    )
    git = "promotion.git"
    yield values(
        f"{git}.url",
        "https://HOST/PATH",
        ["https://git.example/a.git", "http://127.0.0.1:3000/a/b", "https://h/~a/b/"],
        [
            "git@git.example:a.git",
            "ssh://git.example/a",
            "https://t@git.example/a",
            "https://git.example",
            "https://h/a?b",
            "https://h/a#b",
            "https://h/a/../b",
        ],
    )
    yield values(
        f"{git}.branch",
        "plain name of a branch",
        ["main", "release/1.x", "ml+a"],
        ["refs/heads/main", "a..b", "a b", "/a", "a/", "a.lock", "a./b", "@", "-a"],
    )
    yield values(
        f"{git}.valuesPath",
        "a path from the root",
        ["values.yaml", "apps/a-b.yml", ".argo/x.yaml"],
        [
            "/values.yaml",
            "a/../b.yaml",
            ".git/x.yaml",
            ".GIT/x.yaml",
            "./x.yaml",
            "a//b.yaml",
            "values.json",
            "a\\b.yaml",
        ],
    )
    yield values(
        f"{git}.jsonPointer",
        "a JSON pointer",
        ["/model/uri", "/a~1b/~0/0"],
        ["model/uri", "/a/", "//a", "/a~2", "$.model"],
    )
    value = f"{git}.value"
    yield values(
        value,
        "{version} exactly once",
        ["models:/{model}/{version}", "v{version}-{model}", "{version}.0.0.0"],
        ["models:/{model}/", "{version}/{version}"],
    )
    yield values(
        value,
        "no other placeholder",
        ["hub/{model}:{version}"],
        ["{name}/{version}", "{model}/{model}/{version}", "{{version}}"],
    )
    yield values(
        value, "without spaces", ["a:{version}#b"], ["a {version}", "é/{version}"]
    )
