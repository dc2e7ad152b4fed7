"""The cases of the logs once more, in a real PostgreSQL: same rows, same verdicts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dev.processes.supervisor import Supervisor
from dev.services.postgres import PostgresServer
from tests.corpus.behaviour.adapter import checked
from tests.corpus.behaviour.canonical import without
from tests.corpus.behaviour.cases.catalog import Case, asked_of
from tests.corpus.behaviour.cases.logs import log_cases
from tests.corpus.behaviour.cases.rules import rule_cases
from tests.corpus.behaviour.cases.tables import DAY, START, digest

SUBJECTS = ("windows", "filters", "zones", "held", "segments", "performance")


def fits(case: Case) -> bool:
    """Return whether a case is about a log that PostgreSQL can hold, too."""
    subject = case.name.partition(":")[0]
    return subject in SUBJECTS and case.place == "file" and not case.again


def postgres_cases() -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """Every case that fits; the server runs until the last one is taken."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Supervisor(Path(folder)) as supervisor,
        PostgresServer(supervisor) as server,
    ):
        for case in filter(fits, chain(log_cases(), rule_cases())):
            yield f"{case.name} [PostgreSQL]", partial(played, case, server.url())


def played(case: Case, url: str) -> dict[str, Any]:
    """Return the result of a case whose log is a table of PostgreSQL."""
    reference, rows = case.data()
    ingest(url, rows)
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(reference, Path(folder) / "reference.parquet")
        place = {"log": "Postgres", "schema": "public"}
        asked = asked_of(case, reference, place, Path(folder))
        found = checked(asked, START + case.days * DAY, {"DATABASE_URL": url})
        return {"data": digest(reference, rows), **without(found, folder, "<dir>")}


def ingest(url: str, rows: pa.Table) -> None:
    """Make the table `log` of these rows."""
    from adbc_driver_postgresql import dbapi

    with (
        dbapi.connect(url, autocommit=True) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("DROP TABLE IF EXISTS log")
        cursor.adbc_ingest("log", rows)
