"""How an inference log in PostgreSQL may hold features, and which rows are its own."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from driftcheck.contract import Features, Filter, LogSource
from driftcheck.contract.evaluation import (
    EvaluationDirectories,
    EvaluationRequest,
    Metric,
)
from driftcheck.errors import CheckFailure
from driftcheck.evaluation.rows import read_rows
from driftcheck.inference_log.open import open_log
from driftcheck.stats.columns import Categories, ColumnKind, Dataset, Numbers
from driftcheck.windows import Window
from tests.system.support.service_fixtures import Database
from tests.unit.driftcheck.samples import reference_of_kinds

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
WINDOW = Window(NOW - timedelta(hours=1), NOW, counting=False)
NUMBER, CATEGORY = ColumnKind.NUMBER, ColumnKind.CATEGORY
VECTOR = LogSource("ml", "log", "at", Features("Vector", ("price", "age"), "f"))
JSON = LogSource("ml", "log", "at", Features("Json", ("price", "kind"), "f"))
NUMBERS = {"price": NUMBER, "age": NUMBER}
MIXED = {"price": NUMBER, "kind": CATEGORY}


def fill(database: Database, kind: str, *values: str, table: str = "log") -> None:
    """A log whose column `f` has these values, as PostgreSQL writes them."""
    database.execute("CREATE SCHEMA IF NOT EXISTS ml")
    quoted = table.replace('"', '""')
    columns = "at timestamptz, version int, model text, label int"
    database.execute(f'CREATE TABLE ml."{quoted}" ({columns}, f {kind})')
    for place, value in enumerate(values):
        database.execute(
            f"""INSERT INTO ml."{quoted}" VALUES ($1, {place % 2}, $2, 1, {value})""",
            NOW - timedelta(minutes=30 - place),
            "ab"[place % 2],
        )


def read(
    database: Database, source: LogSource, kinds: Mapping[str, ColumnKind]
) -> Dataset:
    """Return the last hour of the log."""
    with open_log(database.url, source, {}) as log:
        return log.window(WINDOW, reference_of_kinds(kinds))


def numbers(found: Dataset, name: str) -> Any:
    """Return a column's values with its nulls and infinities."""
    column = found.columns[name]
    assert isinstance(column, Numbers)
    return column.values.tolist(), column.nulls, column.infinite


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("float4[]", ("'{1,2.5}'", "'{3,null}'", "null")),
        ("float8[]", ("'{1,2.5}'", "'{3,null}'", "null")),
        ("numeric[]", ("'{1,2.5}'", "'{3,null}'", "null")),
        ("json", ("'[1,2.5]'", "'[3,null]'", "null")),
        ("jsonb", ("'[1,2.5]'", "'[3,null]'", "'null'")),
        ("text", ("'[1,2.5]'", "'[3,null]'", "null")),
    ],
)
def test_a_vector_is_read_however_it_is_held(
    database: Database, kind: str, values: tuple[str, ...]
) -> None:
    """Arrays and JSON arrays give the same columns."""
    fill(database, kind, *values)
    found = read(database, VECTOR, NUMBERS)
    assert found.findings == ()
    assert numbers(found, "price") == ([1, 3], 1, 0)
    assert numbers(found, "age") == ([2.5], 2, 0)


@pytest.mark.parametrize(
    ("values", "finding"),
    [
        (("'[1,2]'", "'[1]'"), "RaggedVector: f"),
        (("'[]'",), "VectorLength: f"),
        (("'[1,\"2\"]'",), "RetypedColumn: f"),
        (("'{\"price\": 1}'",), "RetypedColumn: f"),
        (("'[1,true]'",), "RetypedColumn: f"),
    ],
)
def test_broken_json_vectors_are_findings(
    database: Database, values: tuple[str, ...], finding: str
) -> None:
    """A value that is no number is never taken for one, nor silently for a null."""
    fill(database, "jsonb", *values)
    found = read(database, VECTOR, NUMBERS)
    assert [str(one) for one in found.findings] == [finding]
    assert not found.columns


@pytest.mark.parametrize("kind", ["json", "jsonb", "text"])
def test_fields_of_objects_are_columns(database: Database, kind: str) -> None:
    """Numbers, texts and truths become columns; a missing field is a null."""
    fill(
        database,
        kind,
        """'{"price": 1, "kind": "a", "other": [1]}'""",
        """'{"price": 1e400, "kind": true}'""",
        "'{}'",
        "null",
    )
    found = read(database, JSON, MIXED)
    assert numbers(found, "price") == ([1], 2, 1)
    kinds = found.columns["kind"]
    assert isinstance(kinds, Categories)
    assert (dict(kinds.counts), kinds.nulls) == ({"a": 1, "true": 1}, 2)


def test_one_broken_field_leaves_the_others(database: Database) -> None:
    """What is retyped or gone is named, and the other fields are still judged."""
    fill(database, "jsonb", """'{"price": "1"}'""", """'{"price": 2, "age": 3}'""")
    source = replace(JSON, features=Features("Json", ("price", "age", "kind"), "f"))
    found = read(database, source, {**NUMBERS, "kind": CATEGORY})
    assert [str(one) for one in found.findings] == [
        "RetypedColumn: price",
        "MissingColumn: kind",
    ]
    assert numbers(found, "age") == ([3], 1, 0)


@pytest.mark.parametrize("name", ['x"; DROP TABLE ml.log; --', "x'y", "$1", "a b", "é"])
def test_names_are_never_part_of_a_statement(database: Database, name: str) -> None:
    """Fields, tables and the values of filters may be called anything."""
    text = json.dumps({name: 1}, ensure_ascii=False).replace("'", "''")
    fill(database, "jsonb", f"'{text}'", table=name)
    source = LogSource("ml", name, "at", Features("Json", (name,), "f"))
    found = read(database, source, {name: NUMBER})
    assert numbers(found, name) == ([1], 0, 0)
    nobody = replace(source, filters=(Filter("model", name),))
    assert read(database, nobody, {name: NUMBER}).rows == 0
    with pytest.raises(CheckFailure, match="MissingColumn"):
        read(database, replace(source, filters=(Filter(name, "a"),)), {name: NUMBER})
    with pytest.raises(CheckFailure, match="MissingColumn"):
        read(database, replace(source, timestamp_column=name), {name: NUMBER})
    assert database.execute(
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'ml'"
    ) == [(1,)]


@pytest.mark.parametrize("one", [Filter("version", "1"), Filter("model", "b")])
def test_one_table_serves_several_models(database: Database, one: Filter) -> None:
    """Only rows that pass the filters are counted, judged and evaluated."""
    fill(database, "float8[]", "'{1,1}'", "'{2,2}'", "'{3,3}'", "'{4,4}'")
    source = replace(VECTOR, filters=(one,), label_column="label")
    found = read(database, source, NUMBERS)
    assert (found.rows, numbers(found, "price")[0]) == (2, [2, 4])
    with open_log(database.url, source, {}) as log:
        assert len(log.labeled(WINDOW.start, 10)) == 2
    both = replace(source, filters=(one, Filter("label", "2")))
    assert read(database, both, NUMBERS).rows == 0


def test_a_filter_on_a_whole_number_can_use_an_index(database: Database) -> None:
    """The column is compared as it is; only a text that is no number is refused."""
    fill(database, "float8[]", "'{1,1}'")
    with pytest.raises(CheckFailure, match="FilterMismatch"):
        read(database, replace(VECTOR, filters=(Filter("version", "v1"),)), NUMBERS)


@pytest.mark.parametrize("kind", ["Vector", "Json"])
def test_labeled_rows_are_taken_apart_the_same_way(
    database: Database, tmp_path: Path, kind: str
) -> None:
    """An evaluation scores the features that the check judges."""
    texts = {"Vector": "'[1, null]'", "Json": """'{"price": 1}'"""}
    fill(database, "jsonb", texts[kind])
    log = LogSource("ml", "log", "at", Features(kind, ("price", "age"), "f"))
    asked = EvaluationRequest(
        id="e1",
        log=replace(log, label_column="label"),
        after=WINDOW.start,
        metric=Metric.ACCURACY,
        champion=False,
        directories=EvaluationDirectories(*[str(tmp_path)] * 4),
    )
    found = read_rows(asked, database.url, {})
    assert (found.data, found.labels) == ([[1, None]], [1])
