"""Open the inference log of the type that the request names."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from driftcheck.contract import LogSource
from driftcheck.inference_log.base import EvaluationLog


@contextmanager
def open_log(
    url: str | None, source: LogSource, environment: Mapping[str, str]
) -> Iterator[EvaluationLog]:
    """Open the inference log; `url` is the address of PostgreSQL.

    `environment` holds what is needed to reach a log. CheckFailure LogUnreachable,
    MissingTable or LogUnreadable where that fails.
    """
    if source.type == "Files":
        from driftcheck.inference_log.files import FilesLog

        yield FilesLog.open(source, environment)
    elif source.type == "DuckDB":
        from driftcheck.inference_log.duckdb import open_duckdb

        with open_duckdb(source, environment) as database:
            yield database
    else:
        from driftcheck.inference_log import postgres

        with postgres.open_log(url, source, environment) as log:
            yield log
