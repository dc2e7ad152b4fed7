"""The options of a check on the command line, and their help."""

import argparse

from driftcheck.contract import (
    TIMESTAMP_COLUMN,
    CheckRequest,
    LogSource,
    Metric,
    SegmentRule,
    duration_text,
)
from driftcheck.contract.request import ENGINES

REFERENCE_VARIABLE = "REFERENCE_DATASET_PATH"
EPILOG = (
    "Exit codes: 0 NoDrift, 10 Drift, 11 DataQuality, 12 Inconclusive, 1 Error, "
    "2 invalid options. If DRIFTCHECK_REQUEST is set and there are no options, the "
    "check runs as in a pod."
)


def parser() -> argparse.ArgumentParser:
    """Return the parser of a check on the command line."""
    options = argparse.ArgumentParser(
        prog="python -m driftcheck",
        description="Compare a window of production data with a reference dataset.",
        epilog=EPILOG,
    )
    _add_inputs(options)
    _add_columns(options)
    _add_performance_and_segments(options)
    _add_rules(options)
    _add_outputs(options)
    return options


def _add_inputs(options: argparse.ArgumentParser) -> None:
    add = options.add_argument_group("inputs").add_argument
    add(
        "--reference",
        help=f"path or address of parquet data (default: ${REFERENCE_VARIABLE})",
    )
    add("--reference-sha256", metavar="HEX", help="digest the reference must have")
    add("--reference-table", help="reference table in the warehouse of --backend")
    add(
        "--current",
        help="parquet file to check (default: the table in $DATABASE_URL)",
    )
    add(
        "--log",
        metavar="ADDRESS",
        help="inference log in parquet files, or in DuckDB with --table",
    )
    add("--table", help="table of the inference log: [SCHEMA.]TABLE")
    add("--backend", metavar="URL", help="warehouse that counts the rows of --table")
    add("--timestamp-column", default=TIMESTAMP_COLUMN)
    add(
        "--time-zone",
        default=LogSource.time_zone,
        help="time zone of timestamps without one",
    )
    add(
        "--window",
        default=duration_text(CheckRequest.window_seconds),
        help="length such as 90m, 24h or 7d; with --backend also 'all'",
    )
    add(
        "--lag",
        default=duration_text(LogSource.lag_seconds),
        help="time a row may take to arrive",
    )
    add(
        "--all-rows",
        action="store_true",
        help="compare all rows of --current (default: at most 100,000)",
    )


def _add_columns(options: argparse.ArgumentParser) -> None:
    add = options.add_argument_group("columns").add_argument
    add("--vector-column", help="array column that holds all features")
    add("--columns", help="comma-separated features (default: all of the reference)")
    add(
        "--exclude",
        action="append",
        default=[],
        metavar="COLUMNS",
        help="comma-separated columns that are not features; may be repeated",
    )
    add("--prediction-column", help="its drift alone is drift of the dataset")
    add(
        "--critical",
        action="append",
        default=[],
        metavar="COLUMN",
        help="a column whose drift alone is drift of the dataset",
    )
    add(
        "--weight",
        action="append",
        default=[],
        metavar="COLUMN=NUMBER",
        help="weight in --drifted-columns-percent (default: 1)",
    )


def _add_performance_and_segments(options: argparse.ArgumentParser) -> None:
    add = options.add_argument_group("performance and segments").add_argument
    add("--label", metavar="COLUMN", help="column of true values; requires --metric")
    add("--metric", choices=list(Metric), help="metric of predictions and labels")
    add("--label-delay", default="0s", help="age at which rows have their labels")
    add(
        "--performance-minimum",
        type=float,
        help="drift if a score is below it with 95%% confidence",
    )
    add(
        "--performance-maximum",
        type=float,
        help="drift if an error is above it with 95%% confidence",
    )
    add("--segment", metavar="COLUMN", help="also judge each value of this column")
    add("--segment-minimum-rows", type=int, default=SegmentRule.minimum_rows)
    add(
        "--segment-maximum",
        type=int,
        default=SegmentRule.maximum,
        help="number of segments to judge, the largest first",
    )


def _add_rules(options: argparse.ArgumentParser) -> None:
    add = options.add_argument_group("rules").add_argument
    add(
        "--threshold",
        type=float,
        default=CheckRequest.default_threshold,
        help="effect size that is drift",
    )
    add("--minimum-rows", type=int, default=CheckRequest.minimum_rows)
    add("--significance", type=float, default=CheckRequest.significance)
    add(
        "--drifted-columns-percent",
        type=int,
        default=CheckRequest.drifted_columns_percent,
    )
    add(
        "--engine",
        choices=ENGINES,
        default=CheckRequest.engine,
        help="engine that computes the scores",
    )


def _add_outputs(options: argparse.ArgumentParser) -> None:
    add = options.add_argument_group("outputs").add_argument
    add("--json", metavar="FILE", help="also write the answer as JSON")
    add("--html", metavar="FILE", help="on Drift, write Evidently's report")
    add(
        "--mlflow",
        action="store_true",
        help="on Drift, store the answer and the report at $MLFLOW_TRACKING_URI",
    )
    add("--name", help="model name of pushed gauges (default: the table)")
    add("--namespace", default="default", help="namespace of pushed gauges")
    add(
        "--profile",
        metavar="PLACE",
        help="directory or address that stores profiles of references",
    )
    add(
        "--write-profile",
        metavar="FILE",
        help="write the reference's profile to FILE.profile.npz",
    )
