"""The check without Killick: options and a few variables make the request.

Either two parquet files are compared, or a reference with the latest window of a
table in PostgreSQL. So `python -m driftcheck` is also a complete plain CronJob.
"""

import argparse
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from driftcheck.check.engine import judge_by_engine, reference_for
from driftcheck.check.run import (
    changed_reference,
    run_check,
    segments_if_asked,
    show_performance,
)
from driftcheck.cli.options import UsageError, column_rules, seconds_in
from driftcheck.contract import (
    TIMESTAMP_COLUMN,
    CheckAnswer,
    CheckRequest,
    Features,
    LogSource,
    Metric,
    PerformanceRule,
    Reference,
    SegmentRule,
    Verdict,
    WindowGrid,
    duration_text,
)
from driftcheck.contract.request import DATABASE_VARIABLE, ENGINES
from driftcheck.dataset import LoadedReference
from driftcheck.inference_log.window_file import load_window
from driftcheck.judge.model_performance import performance_of
from driftcheck.judge.performance import judged
from driftcheck.judge.result import Check, Examined
from driftcheck.judge.segments import judge_segments, request_of_whole
from driftcheck.reference.profile import profile_of, read_profile
from driftcheck.reference.profile_format import SUFFIX, to_bytes
from driftcheck.reference.profile_store import Directory
from driftcheck.storage.parquet import MAXIMUM_ROWS, column_names, read_files
from driftcheck.windows import Window

REFERENCE_VARIABLE = "REFERENCE_DATASET_PATH"
EXIT_CODES = {
    Verdict.NO_DRIFT: 0,
    Verdict.DRIFT: 10,
    Verdict.DATA_QUALITY: 11,
    Verdict.INCONCLUSIVE: 12,
    Verdict.ERROR: 1,
}


def parser() -> argparse.ArgumentParser:
    """The options of a check by hand."""
    options = argparse.ArgumentParser(
        prog="python -m driftcheck",
        description="Compares a window of data with a reference.",
        epilog="Exit codes: 0 NoDrift, 10 Drift, 11 DataQuality, 12 Inconclusive, "
        "1 Error, 2 wrong options. With DRIFTCHECK_REQUEST set, options are ignored.",
    )
    add = options.add_argument
    add("--reference", help=f"parquet file or address; default: {REFERENCE_VARIABLE}")
    add("--current", help="parquet file to judge; default: a table in DATABASE_URL")
    add("--log", metavar="ADDRESS", help="inference log in files; DuckDB with --table")
    add("--table", help="table of the inference log: [SCHEMA.]TABLE")
    add("--backend", metavar="URL", help="of a warehouse that counts, see docs")
    add("--reference-table", help="of the warehouse; instead of --reference")
    add("--timestamp-column", default=TIMESTAMP_COLUMN)
    add("--time-zone", default=LogSource.time_zone, help="of naive timestamps")
    window = duration_text(CheckRequest.window_seconds)
    add("--window", default=window, help="e.g. 90m, 24h, 7d; of a warehouse also all")
    lag = duration_text(LogSource.lag_seconds)
    add("--lag", default=lag, help="how long a row may take to arrive")
    add("--vector-column", help="array column that holds all features")
    add("--columns", help="features, comma-separated; default: all of the reference")
    add(
        "--exclude",
        action="append",
        default=[],
        metavar="COLUMNS",
        help="columns that are not features, comma-separated; repeatable",
    )
    add("--prediction-column", help="judged apart: its drift is the dataset's")
    add("--label", metavar="COLUMN", help="what turned out true; needs --metric")
    add("--metric", choices=list(Metric), help="of predictions against labels")
    add("--label-delay", default="0s", help="how old rows are when labels have come")
    add(
        "--performance-minimum", type=float, help="of a score; surely below it is Drift"
    )
    add(
        "--performance-maximum",
        type=float,
        help="of an error; surely above it is Drift",
    )
    add("--segment", metavar="COLUMN", help="judge each of its values apart, too")
    add("--segment-minimum-rows", type=int, default=SegmentRule.minimum_rows)
    largest = SegmentRule.maximum
    add("--segment-maximum", type=int, default=largest, help="the largest are taken")
    add("--critical", action="append", default=[], metavar="COLUMN")
    add(
        "--weight",
        action="append",
        default=[],
        metavar="COLUMN=NUMBER",
        help="how much it counts in --drifted-columns-percent; default: 1",
    )
    default = CheckRequest.default_threshold
    add("--threshold", type=float, default=default, help="effect size that is drift")
    add("--minimum-rows", type=int, default=CheckRequest.minimum_rows)
    add("--significance", type=float, default=CheckRequest.significance)
    percent = CheckRequest.drifted_columns_percent
    add("--drifted-columns-percent", type=int, default=percent)
    add("--name", help="of the model, for pushed gauges; default: the table")
    add("--namespace", default="default", help="for pushed gauges")
    add("--all-rows", action="store_true", help="of a file; default: at most 100,000")
    add("--reference-sha256", metavar="HEX", help="what the reference must be")
    add("--profile", metavar="WHERE", help="keep the reduced reference there")
    add("--write-profile", metavar="FILE", help="and there; *.profile.npz")
    engine = CheckRequest.engine
    add("--engine", choices=ENGINES, default=engine, help="whose scores decide")
    add("--json", metavar="FILE", help="write the answer as JSON there, too")
    add("--mlflow", action="store_true", help="and keep both at MLFLOW_TRACKING_URI")
    add("--html", metavar="FILE", help="on Drift, write Evidently's page there")
    return options


def check_from_options(
    options: argparse.Namespace, environment: Mapping[str, str], now: datetime
) -> tuple[CheckRequest, Check]:
    """The check that the options ask for; UsageError where they ask for none."""
    request = request_from(options, environment, now)
    if options.write_profile:
        write_profile(request, options)
    if options.backend:
        from driftcheck.warehouse.check import check_in_warehouse

        return request, check_in_warehouse(options, request, environment, now)
    if not options.current:
        url = environment.get(DATABASE_VARIABLE)
        return request, run_check(request, url, now, environment)
    window = Window(now, now, counting=False)
    reference = reference_for(request, environment)
    examined = changed_reference(request, window, reference) or _examine(
        request, window, reference, options, environment
    )
    performance = None
    if request.performance:
        from driftcheck.inference_log.file_outcomes import file_outcomes

        labelled_predictions = file_outcomes(options.current, request.log)
        performance = judged(
            request.performance,
            performance_of(request.performance, window, labelled_predictions),
        )
        examined = show_performance(request, examined, performance)
    verdicts = (examined.judgement.verdict,)
    answer = CheckAnswer(
        request.request_fingerprint,
        reference.sha256,
        now,
        verdicts,
        performance=performance,
    )
    return request, Check(answer, (examined,), reference.dataset)


def _examine(
    request: CheckRequest,
    window: Window,
    reference: LoadedReference,
    options: argparse.Namespace,
    environment: Mapping[str, str],
) -> Examined:
    most = sys.maxsize if options.all_rows else MAXIMUM_ROWS
    segmented = segments_if_asked(request, reference, environment)
    current = load_window(options.current, request.log.features, reference, most)
    sides = (reference.dataset, current)
    found = judge_by_engine(request_of_whole(request), window, sides, environment)
    if segmented:
        from driftcheck.inference_log.file_segments import reader_of

        read = reader_of(options.current, request.log, segmented.rule.column, most)
        found = judge_segments(request, window, found, segmented, read)
    return Examined(found, current)


def _segments(options: argparse.Namespace, uri: str) -> SegmentRule | None:
    """Which segments are asked for; UsageError where there can be none."""
    if not options.segment:
        return None
    if options.backend:
        raise UsageError("--segment works with --current or --table, not --backend")
    if uri.endswith(SUFFIX):
        raise UsageError("--segment needs the reference itself, not its profile")
    return SegmentRule(
        options.segment, options.segment_minimum_rows, options.segment_maximum
    )


def write_profile(request: CheckRequest, options: argparse.Namespace) -> None:
    """Writes the reference's profile to a file that can then stand for it."""
    place = Path(options.write_profile)
    if not place.name.endswith(SUFFIX):
        raise UsageError(f"--write-profile needs a name that ends in {SUFFIX}")
    if options.reference_table:
        from driftcheck.warehouse.check import reference_there
        from driftcheck.warehouse.counts import open_warehouse

        warehouse = open_warehouse(options.backend)
        profile = reference_there(warehouse, options.reference_table, request)
    else:
        opened = read_files(request.reference.uri, "ReferenceUnreadable")
        profile = profile_of(opened, request)
    Directory(place.parent).write(place.name, to_bytes(profile))


def request_from(
    options: argparse.Namespace, environment: Mapping[str, str], now: datetime
) -> CheckRequest:
    """The options as the request that Killick would have sent."""
    uri = _reference(options, environment)
    segments = _segments(options, uri)
    schema, _, table = (options.table or "current").rpartition(".")
    names = options.columns.split(",") if options.columns else _all_names(options, uri)
    kind = "Vector" if options.vector_column else "Columns"
    value = CheckRequest(
        name=options.name or table,
        namespace=options.namespace,
        request_fingerprint="command-line",
        reference=Reference(uri, options.reference_sha256),
        log=LogSource(
            schema=schema or ("main" if options.log else "public"),
            table=table,
            type=_log_type(options),
            uri=options.log,
            timestamp_column=options.timestamp_column,
            features=Features(
                kind, tuple(names), options.vector_column, _excluded(options)
            ),
            time_zone=options.time_zone,
            lag_seconds=seconds_in(options.lag),
            prediction_column=options.prediction_column,
            label_column=options.label,
        ),
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


def _excluded(options: argparse.Namespace) -> tuple[str, ...]:
    names = [name for text in options.exclude for name in text.split(",")]
    return tuple(dict.fromkeys(names))


def _window_seconds(options: argparse.Namespace) -> int:
    if options.window == "all":
        return CheckRequest.window_seconds
    return seconds_in(options.window)


def _log_type(options: argparse.Namespace) -> str:
    if not options.log:
        return "Postgres"
    return "DuckDB" if options.table else "Files"


def _performance(options: argparse.Namespace) -> PerformanceRule | None:
    bounds = (options.performance_minimum, options.performance_maximum)
    if not options.label and not options.metric:
        if bounds != (None, None):
            raise UsageError("a bound of performance needs --label and --metric")
        return None
    if not (options.label and options.metric and options.prediction_column):
        raise UsageError("performance needs --label, --metric and --prediction-column")
    if options.backend:
        raise UsageError("--label works with --current or --table, not with --backend")
    metric, delay = Metric(options.metric), seconds_in(options.label_delay)
    return PerformanceRule(metric, options.minimum_rows, delay, *bounds)


def _reference(options: argparse.Namespace, environment: Mapping[str, str]) -> str:
    """The reference's address; UsageError where an option is missing."""
    found = options.reference or environment.get(REFERENCE_VARIABLE)
    if options.reference_table:
        if not options.backend:
            raise UsageError("--reference-table needs --backend")
        found = options.reference_table
    if not found:
        raise UsageError(f"--reference or {REFERENCE_VARIABLE} is needed")
    if options.backend and not options.table:
        raise UsageError("--backend needs --table")
    if options.log and (options.current or options.backend):
        raise UsageError("--log stands alone, without --current and --backend")
    if options.current or options.backend or options.log:
        return str(found)
    if not options.table or not environment.get(DATABASE_VARIABLE):
        raise UsageError(
            f"--current, --log, or --table and {DATABASE_VARIABLE}, is needed"
        )
    return str(found)


def _all_names(options: argparse.Namespace, uri: str) -> list[str]:
    left_out = {
        options.timestamp_column,
        options.vector_column,
        options.prediction_column,
        options.label,
    }
    if uri.endswith(SUFFIX):
        return list(read_profile(uri).features.names)
    if options.reference_table:
        from driftcheck.warehouse.check import table_columns

        names = table_columns(options.backend, uri)
    else:
        names = column_names(uri)
    return [name for name in names if name not in left_out]
