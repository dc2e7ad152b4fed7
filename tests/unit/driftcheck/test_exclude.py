"""Excluded columns are neither compared nor reported, however a log holds them."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck import contract as c
from driftcheck.check.run import run_check
from tests.unit.driftcheck.samples import ANCHOR, normal, request

ROWS = 2000
KNOWN = {"price": normal(1, ROWS), "age": normal(2, ROWS)}
SEEN = {"price": normal(3, ROWS), "age": normal(4, ROWS)}
CASES = {
    "drifted": (normal(5, ROWS), normal(6, ROWS, 3.0)),
    "absent from the reference": (None, np.arange(ROWS) * 1.0),
    "null in the log": (np.arange(ROWS) * 1.0, np.full(ROWS, np.nan)),
}
KINDS = ("Columns", "Json", "Vector")


def holding(kind: str, columns: dict[str, Any]) -> dict[str, Any]:
    """The columns of a log that holds these features in a way of its own."""
    if kind == "Columns":
        return columns
    rows = list(zip(*(values.tolist() for values in columns.values()), strict=True))
    if kind == "Vector":
        return {"all": pa.array(rows, pa.list_(pa.float64()))}
    named = [dict(zip(columns, row, strict=True)) for row in rows]
    return {"all": [json.dumps(row).replace("NaN", "null") for row in named]}


def asked(
    path: Path, kind: str, case: tuple[Any, Any], exclude: tuple[str, ...]
) -> c.CheckRequest:
    """A check of files in that shape, whose features include an ID."""
    before, after = case
    known = KNOWN if before is None else {**KNOWN, "id": before}
    pq.write_table(pa.table(known), path / "reference.parquet")
    times = [ANCHOR + i * timedelta(days=1) / ROWS for i in range(ROWS)]
    log = {"at": pa.array(times, pa.timestamp("us", "UTC"))}
    log |= holding(kind, {"id": after, **SEEN})
    pq.write_table(pa.table(log), path / "log.parquet")
    column = None if kind == "Columns" else "all"
    features = c.Features(kind, ("id", "price", "age"), column, exclude)
    source = c.LogSource(
        "", "", "at", features, type="Files", uri=str(path / "log.parquet")
    )
    reference = c.Reference(str(path / "reference.parquet"))
    return request("price", reference=reference, log=source, interim=False)


def verdict_of(wanted: c.CheckRequest) -> c.WindowVerdict:
    """The verdict on the first day, through the request's own JSON."""
    sent = c.decode_request(c.encode_request(wanted))
    (verdict,) = run_check(
        sent, None, ANCHOR + timedelta(days=1, hours=1)
    ).answer.windows
    return verdict


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES)
def test_an_excluded_column_changes_nothing(
    case: str, kind: str, tmp_path: Path
) -> None:
    """Without the exclusion it decides the verdict; with it nothing names it."""
    loud = verdict_of(asked(tmp_path, kind, CASES[case], ()))
    assert loud.verdict in (c.Verdict.DRIFT, c.Verdict.DATA_QUALITY)
    quiet = verdict_of(asked(tmp_path, kind, CASES[case], ("id",)))
    assert (quiet.verdict, quiet.checked) == (c.Verdict.NO_DRIFT, 2)
    assert quiet.findings == ()
    assert "id" not in dict(quiet.top_columns)


def test_an_excluded_column_may_be_absent_from_the_log(tmp_path: Path) -> None:
    """A column that neither side has is not missed either."""
    wanted = asked(tmp_path, "Columns", (None, np.arange(ROWS)), ("id", "unknown"))
    table = pq.read_table(tmp_path / "log.parquet").drop_columns(["id"])
    pq.write_table(table, tmp_path / "log.parquet")
    verdict = verdict_of(wanted)
    assert (verdict.verdict, verdict.findings) == (c.Verdict.NO_DRIFT, ())


def test_an_excluded_column_of_duckdb_is_not_compared(tmp_path: Path) -> None:
    """A table is read like files are."""
    wanted = asked(tmp_path, "Columns", CASES["drifted"], ("id",))
    file = tmp_path / "log.duckdb"
    with duckdb.connect(str(file)) as connection:
        source = tmp_path / "log.parquet"
        connection.execute(f"CREATE TABLE log AS SELECT * FROM '{source}'")
    table = replace(
        wanted.log, type="DuckDB", uri=str(file), schema="main", table="log"
    )
    verdict = verdict_of(replace(wanted, log=table))
    assert (verdict.verdict, verdict.checked) == (c.Verdict.NO_DRIFT, 2)


def test_excluded_predictions_are_not_compared(tmp_path: Path) -> None:
    """A prediction column that is excluded is no column of the check."""
    wanted = asked(tmp_path, "Columns", CASES["drifted"], ("id",))
    features = replace(wanted.log.features, names=("price", "age"))
    log = replace(wanted.log, features=features, prediction_column="id")
    verdict = verdict_of(replace(wanted, log=log))
    assert (verdict.verdict, verdict.kinds) == (c.Verdict.NO_DRIFT, ())


@pytest.mark.parametrize("exclude", [("id",), ()])
def test_a_kept_profile_serves_with_and_without_exclusion(
    exclude: tuple[str, ...], tmp_path: Path
) -> None:
    """Profiles of both kinds are kept apart, and each is used again."""
    kept = tmp_path / "profiles"
    kept.mkdir()
    for excluded in (("id",), (), exclude):
        wanted = asked(tmp_path, "Columns", CASES["drifted"], excluded)
        verdict = verdict_of(replace(wanted, profiles=str(kept)))
        assert verdict.checked == 3 - len(excluded)
    assert len(list(kept.iterdir())) == 2


def test_a_critical_column_cannot_be_excluded(tmp_path: Path) -> None:
    """The request names the rule that would never apply."""
    wanted = asked(tmp_path, "Columns", CASES["drifted"], ("id",))
    rules = (c.ColumnRule("price"), c.ColumnRule("id", critical=True))
    with pytest.raises(c.ContractError, match=r"columns\[1\]\.name: 'id' is not comp"):
        verdict_of(replace(wanted, columns=rules))


def test_one_feature_is_left(tmp_path: Path) -> None:
    """A check of nothing is refused."""
    wanted = asked(tmp_path, "Json", CASES["drifted"], ("id", "price", "age"))
    with pytest.raises(c.ContractError, match=r"log\.features\.exclude: must leave"):
        verdict_of(wanted)
