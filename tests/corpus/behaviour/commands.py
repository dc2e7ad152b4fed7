"""Runs of the worker's command line: by hand, in a pod, and steps of an evaluation.

The clock is real here, so rows lie some hours ago and times in the output are masked.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.corpus.behaviour.adapter import (
    EVALUATION_FILES,
    evaluation_json,
    ran,
    request_json,
)
from tests.corpus.behaviour.canonical import plain, without
from tests.corpus.behaviour.cases.catalog import stored
from tests.corpus.behaviour.cases.rules import by_country, labeled, several
from tests.corpus.behaviour.cases.tables import backed, logged, made

TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
AGO = timedelta(hours=10)


@dataclass(frozen=True)
class Command:
    """Arguments; files are `files`' names in the folder, `made` before the run."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


@cache
def files() -> dict[str, pa.Table]:
    """Return the tables that commands compare, by name."""
    before, drifted = several((0.5, 0.0, 0.0), 700)
    _, calm = several((0.0, 0.0, 0.0), 700)
    _, good = labeled("Accuracy", 0.1)
    answers, bad = labeled("Accuracy", 3.0)
    segments, country = by_country("DE")
    wide = {f"c{i}": made("normal", 710 + i, 3000) for i in range(20)}
    narrow = {f"c{i}": made("normal", 740 + i, 400, 0.6 * (i < 8)) for i in range(20)}
    odd = backed(760, 1000, x=made("many", 760, 1000), y=made("skewed", 761, 1000))
    odder = backed(770, 500, x=made("many", 770, 500, 0.9), y=["z"] * 500)
    return {
        "reference": before,
        "drifted": drifted,
        "calm": calm,
        "few": calm.slice(0, 40),
        "gone": calm.drop_columns(["b"]),
        "answers": answers,
        "good": good,
        "bad": bad,
        "segments": segments,
        "country": country,
        "wide": pa.table(wide),
        "narrow": logged(pa.table(narrow)),
        "odd": odd,
        "odder": logged(odder),
    }


def recent(rows: pa.Table) -> pa.Table:
    """Return the rows as of some hours ago."""
    start = datetime.now(UTC) - AGO
    return logged(rows.drop_columns(["at"]), 1 / 24, start)


def by_hand(reference: str, current: str, *more: str) -> tuple[str, ...]:
    """Return the arguments that compare two files."""
    pair = (f"<dir>/{reference}.parquet", f"<dir>/{current}.parquet")
    time = ("--timestamp-column", "at")
    return ("--reference", pair[0], "--current", pair[1], *time, *more)


JSON = ("--json", "<dir>/answer.json")
LABELS = ("--label", "label", "--prediction-column", "score", "--metric", "Accuracy")
FEATURES = ("--columns", "a,b,c")
OPTIONS: dict[str, tuple[str, ...]] = {
    "drift": by_hand("reference", "drifted"),
    "no drift": by_hand("reference", "calm"),
    "few rows": by_hand("reference", "few"),
    "a column is gone": by_hand("reference", "gone"),
    "no such file": by_hand("reference", "nowhere"),
    "no such reference": by_hand("nowhere", "calm"),
    "JSON": by_hand("reference", "drifted", *JSON),
    "JSON, no drift": by_hand("reference", "calm", *JSON),
    "critical": by_hand("reference", "drifted", "--critical", "a", *JSON),
    "weights": by_hand("reference", "drifted", "--weight", "b=9", *JSON),
    "threshold": by_hand("reference", "drifted", "--threshold", "0.6"),
    "significance": by_hand("reference", "drifted", "--significance", "0.0001"),
    "percent": by_hand("reference", "drifted", "--drifted-columns-percent", "50"),
    "minimum rows": by_hand("reference", "few", "--minimum-rows", "30"),
    "columns": by_hand("reference", "drifted", "--columns", "b,c"),
    "no such column": by_hand("reference", "drifted", "--columns", "b,x"),
    "prediction": by_hand("reference", "drifted", "--prediction-column", "a", *JSON),
    "pinned": by_hand("reference", "calm", "--reference-sha256", "0" * 64, *JSON),
    "all rows": by_hand("reference", "calm", "--all-rows"),
    "many columns": by_hand("wide", "narrow", *JSON),
    "categories": by_hand("odd", "odder", *JSON),
    "profile kept": by_hand("wide", "narrow", "--profile", "<dir>/kept"),
    "profile written": by_hand(
        "wide", "narrow", "--write-profile", "<dir>/wide.profile.npz"
    ),
    "profile misnamed": by_hand("wide", "narrow", "--write-profile", "<dir>/wide.npz"),
    "labels, good": by_hand("answers", "good", *FEATURES, *LABELS, *JSON),
    "labels, bad": by_hand("answers", "bad", *FEATURES, *LABELS),
    "labels, a bound": by_hand(
        "answers", "bad", *FEATURES, *LABELS, "--performance-minimum", "0.8", *JSON
    ),
    "labels, a bound, good": by_hand(
        "answers", "good", *FEATURES, *LABELS, "--performance-minimum", "0.8", *JSON
    ),
    "labels without a metric": by_hand("answers", "bad", "--label", "label"),
    "a bound without labels": by_hand("answers", "bad", "--performance-minimum", "1"),
    "a bound of the wrong side": by_hand(
        "answers", "bad", *FEATURES, *LABELS, "--performance-maximum", "0.8"
    ),
    "segments": by_hand("segments", "country", "--segment", "country", *JSON),
    "segments, rows": by_hand(
        *("segments", "country", "--segment", "country"),
        *("--segment-minimum-rows", "900", "--segment-maximum", "2"),
    ),
    "segments of nothing": by_hand("segments", "country", "--segment", "nowhere"),
    "Evidently, not installed": by_hand("reference", "calm", "--engine", "Evidently"),
    "nothing": (),
    "only a reference": ("--reference", "<dir>/reference.parquet"),
    "a bad window": by_hand("reference", "calm", "--window", "soon"),
    "a bad weight": by_hand("reference", "calm", "--weight", "a"),
    "a weight of nothing": by_hand("reference", "calm", "--weight", "a=0"),
    "a column twice": by_hand("reference", "calm", "--columns", "a,a"),
    "a bad significance": by_hand("reference", "calm", "--significance", "2"),
    "a log and a file": by_hand("reference", "calm", "--log", "<dir>"),
    "a backend without a table": by_hand("reference", "calm", "--backend", "duckdb://"),
    "a table without a database": (
        *("--reference", "<dir>/reference.parquet", "--table", "log"),
    ),
}


def commands() -> Iterator[Command]:
    """Every command by hand, on files and on logs."""
    for name, arguments in OPTIONS.items():
        yield Command(f"by hand: {name}", arguments)
    calm = ("--current", "<dir>/calm.parquet", "--timestamp-column", "at")
    where = {"REFERENCE_DATASET_PATH": "<dir>/reference.parquet"}
    yield Command("by hand: the reference by a variable", calm, where)
    for place in ("file", "folders", "delta", "duckdb"):
        for rows in ("drifted", "calm", "few", "gone"):
            name = f"log.{'duckdb' if place == 'duckdb' else 'parquet'}"
            log = f"<dir>/{name if place in ('file', 'duckdb') else 'log'}"
            table = ("--table", "log") if place == "duckdb" else ()
            asked = ("--reference", "<dir>/reference.parquet", "--log", log, *table)
            time = ("--timestamp-column", "at", "--window", "12h", *JSON)
            yield Command(f"log in {place}: {rows}", (*asked, *time))


def run(command: Command) -> dict[str, Any]:
    """Return what a command prints, writes and ends with."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, table in files().items():
            if f"{name}.parquet" in " ".join(
                (*command.arguments, *command.environment.values())
            ):
                pq.write_table(table, root / f"{name}.parquet")
        if command.name.startswith("log in "):
            place, rows = command.name.removeprefix("log in ").split(": ")
            stored(place, recent(files()[rows]), root)
        arguments = [text.replace("<dir>", folder) for text in command.arguments]
        environment = {
            name: text.replace("<dir>", folder)
            for name, text in command.environment.items()
        }
        found: dict[str, Any] = ran(arguments, environment)
        answer = root / "answer.json"
        if answer.exists():
            found["json"] = json.loads(answer.read_text())
        return masked(found, folder)


def masked(found: Any, folder: str) -> dict[str, Any]:
    """Return the result without times and places."""
    text = TIME.sub("<time>", json.dumps(plain(without(found, folder, "<dir>"))))
    result: dict[str, Any] = json.loads(text)
    return result


def in_pod(rows: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a check in a pod prints and leaves."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        pq.write_table(files()["reference"], root / "reference.parquet")
        request = request_json(
            {
                "features": ["a", "b", "c"],
                "reference": str(root / "reference.parquet"),
                "anchor": datetime.now(UTC).isoformat(),
                "interim": True,
                **stored("file", recent(files()[rows]), root),
                **asked,
            }
        )
        message = root / "message"
        environment = {
            "DRIFTCHECK_REQUEST": json.dumps(request),
            "TERMINATION_LOG_PATH": str(message),
        }
        found = ran(["check"], environment)
        found["message"] = message.read_text() if message.exists() else None
        return masked(found, folder)


def pods() -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """Every check in a pod."""
    wrong: tuple[Mapping[str, Any], ...] = (
        {"contract": "driftcheck.killick.dev/v9"},
        {"raw": {"log.features.names": []}},
        {"raw": {"windowSeconds": 0}},
    )
    for rows in ("drifted", "calm", "few", "gone"):
        yield f"pod: {rows}", partial(in_pod, rows, {})
    for place, asked in enumerate(wrong):
        name = f"pod: wrong request {place}"
        yield name, partial(in_pod, "calm", asked)


SCORES: dict[str, Any] = {
    "better": lambda v, i: v,
    "worse": lambda v, i: -v,
    "equal": lambda v, i: v + (i % 3) / 2,
    "wrapped": lambda v, i: [v],
    "texts": lambda v, i: "x",
    "nulls": lambda v, i: None,
}


def evaluated(metric: str, how: str, place: str, least: int = 100) -> dict[str, Any]:
    """Return the answers of both steps of an evaluation."""
    _, rows = labeled(metric, 1.0, rows=400)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        asked = {
            "features": ["a", "b", "c"],
            "anchor": "2026-01-01T00:00:00Z",
            "reference": "none",
            "label": "label",
            **stored(place, rows, root),
        }
        request = evaluation_json(asked, metric, least, folder)
        message = root / "message"
        environment = {
            "DRIFTCHECK_EVALUATION": json.dumps(request),
            "TERMINATION_LOG_PATH": str(message),
        }
        found = {"rows": ran(["rows"], environment)}
        found["rows"]["message"] = message.read_text()
        labels = rows["label"].to_pylist()
        champion = [v + (i % 3) / 2 for i, v in enumerate(labels)]
        candidate = [SCORES[how](v, i) for i, v in enumerate(labels)]
        for name, scores in zip(EVALUATION_FILES, (champion, candidate), strict=True):
            (root / name).write_text(json.dumps({"predictions": scores}))
        found["compare"] = ran(["compare"], environment)
        found["compare"]["message"] = message.read_text()
        return masked(found, folder)


def evaluations() -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """Every metric, and what a candidate can be."""
    for metric in ("RocAuc", "Accuracy", "MeanAbsoluteError", "RootMeanSquaredError"):
        for how in SCORES:
            name = f"evaluation: {metric}, candidate {how}"
            yield name, partial(evaluated, metric, how, "file")
    for place in ("folders", "duckdb"):
        name = f"evaluation: a log in {place}"
        yield name, partial(evaluated, "Accuracy", "better", place)
    name = "evaluation: too few rows"
    yield name, partial(evaluated, "Accuracy", "better", "file", 500)
