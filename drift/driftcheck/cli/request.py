"""The request that options and a few variables describe, as the operator sends it."""

import argparse
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import chain

from driftcheck.cli.options import UsageError, column_rules, seconds_in
from driftcheck.cli.parser import REFERENCE_VARIABLE
from driftcheck.contract import (
    CheckRequest,
    Features,
    LogSource,
    Metric,
    PerformanceRule,
    Reference,
    SegmentRule,
    WindowGrid,
)
from driftcheck.contract.request import DATABASE_VARIABLE, ENGINES
from driftcheck.reference.profile import read_profile
from driftcheck.reference.profile_format import SUFFIX
from driftcheck.storage.parquet import column_names

REQUEST_FINGERPRINT = "command-line"
"""Stands for a fingerprint: no operator compares the answer with its request."""
ALL = "all"


def request_from(
    options: argparse.Namespace, environment: Mapping[str, str], now: datetime
) -> CheckRequest:
    """Return the request; UsageError where options are missing or contradict.

    Its counting windows begin in the future, so only the latest window is due.
    """
    if options.backend and options.engine != ENGINES[0]:
        raise UsageError(f"--engine {options.engine} cannot be used with --backend")
    uri = _reference(options, environment)
    segments = _segments(options, uri)
    log = _log_source(options, uri, environment)
    value = CheckRequest(
        name=options.name or log.table,
        namespace=options.namespace,
        request_fingerprint=REQUEST_FINGERPRINT,
        reference=Reference(uri, options.reference_sha256),
        log=log,
        window_seconds=_window_seconds(options),
        windows=WindowGrid(now.replace(microsecond=0) + timedelta(days=1), 1),
        minimum_rows=options.minimum_rows,
        significance=options.significance,
        drifted_columns_percent=options.drifted_columns_percent,
        columns=column_rules(options),
        default_threshold=options.threshold,
        profiles=options.profile,
        engine=options.engine,
        performance=_performance(options),
        segments=segments,
    ).to_json()
    try:
        return CheckRequest.from_json(value)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _window_seconds(options: argparse.Namespace) -> int:
    if options.window == ALL:
        return CheckRequest.window_seconds
    return seconds_in(options.window)


def _log_source(
    options: argparse.Namespace, reference: str, environment: Mapping[str, str]
) -> LogSource:
    schema, _, table = (options.table or "current").rpartition(".")
    names = options.columns.split(",") if options.columns else None
    features = "Vector" if options.vector_column else "Columns"
    return LogSource(
        schema=schema or ("main" if options.log else "public"),
        table=table,
        type=_log_type(options),
        uri=options.log,
        timestamp_column=options.timestamp_column,
        features=Features(
            features,
            tuple(names or _feature_names(options, reference, environment)),
            options.vector_column,
            tuple(dict.fromkeys(chain(*(t.split(",") for t in options.exclude)))),
        ),
        time_zone=options.time_zone,
        lag_seconds=seconds_in(options.lag),
        prediction_column=options.prediction_column,
        label_column=options.label,
    )


def _log_type(options: argparse.Namespace) -> str:
    if not options.log:
        return "Postgres"
    return "DuckDB" if options.table else "Files"


def _segments(options: argparse.Namespace, uri: str) -> SegmentRule | None:
    if not options.segment:
        return None
    if options.backend:
        raise UsageError("--segment cannot be used with --backend")
    if uri.endswith(SUFFIX):
        raise UsageError("--segment needs the reference itself, not its profile")
    return SegmentRule(
        options.segment, options.segment_minimum_rows, options.segment_maximum
    )


def _performance(options: argparse.Namespace) -> PerformanceRule | None:
    bounds = (options.performance_minimum, options.performance_maximum)
    if not options.label and not options.metric:
        if bounds != (None, None):
            message = "--performance-minimum and --performance-maximum require"
            raise UsageError(f"{message} --label and --metric")
        return None
    if not (options.label and options.metric and options.prediction_column):
        message = "performance requires --label, --metric and --prediction-column"
        raise UsageError(message)
    if options.backend:
        raise UsageError("--label cannot be used with --backend")
    metric, delay = Metric(options.metric), seconds_in(options.label_delay)
    return PerformanceRule(metric, options.minimum_rows, delay, *bounds)


def _reference(options: argparse.Namespace, environment: Mapping[str, str]) -> str:
    """Return the reference's address; UsageError where an input is missing."""
    uri = options.reference or environment.get(REFERENCE_VARIABLE)
    if options.reference_table:
        if not options.backend:
            raise UsageError("--reference-table requires --backend")
        uri = options.reference_table
    if not uri:
        raise UsageError(f"--reference or {REFERENCE_VARIABLE} is required")
    if options.backend and not options.table:
        raise UsageError("--backend requires --table")
    if options.log and (options.current or options.backend):
        raise UsageError("--log cannot be used with --current or --backend")
    if options.current or options.backend or options.log:
        return str(uri)
    if not options.table or not environment.get(DATABASE_VARIABLE):
        message = f"--current, --log, or --table and {DATABASE_VARIABLE}, is required"
        raise UsageError(message)
    return str(uri)


def _feature_names(
    options: argparse.Namespace, uri: str, environment: Mapping[str, str]
) -> list[str]:
    """Return all columns of the reference that have no other role."""
    other = {
        options.timestamp_column,
        options.vector_column,
        options.prediction_column,
        options.label,
    }
    if uri.endswith(SUFFIX):
        return list(read_profile(uri, environment).features.names)
    if options.reference_table:
        from driftcheck.warehouse.log import table_columns

        names = table_columns(options.backend, uri)
    else:
        names = column_names(uri, environment)
    return [name for name in names if name not in other]
