"""Evidently's page on a check, made by a process of its own within bounds.

Evidently takes seconds to import, needs pandas, and may use any amount of memory. So it
is never part of the check's process: it runs in whatever environment has it, on a
bounded and seeded sample, and may fail without any effect on the verdict.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from driftcheck.contract import CheckRequest, ColumnRule
from driftcheck.contract.reasons import Reason
from driftcheck.errors import CheckFailure, one_line
from driftcheck.judge.column_score import ColumnScore
from driftcheck.judge.result import Check, JudgedWindow
from driftcheck.stats.columns import Categories, Column, Dataset

SIDE = Path(__file__).with_name("script.py")
PYTHON_VARIABLE = "DRIFTCHECK_EVIDENTLY_PYTHON"
SAMPLE_ROWS = 5_000
"""Rows of each column on the page; Evidently takes longer with more."""

MAXIMUM_COLUMNS = 50
"""Columns on the page, the most drifted ones; 47 columns take 11 s of CPU."""

MAXIMUM_LENGTH = 60
"""Characters of a name or a category on the page."""

SECONDS = 300
"""Seconds after which Evidently is stopped: a third of the 15 minutes of a pod."""

SEED = 20_180_501
"""Seed of the samples, arbitrary but fixed: equal data has an equal page."""

# What would be markup in a page of HTML, or end a script in it.
MARKUP = str.maketrans({"<": "‹", ">": "›", "&": "＆", '"': "″", "'": "′", "`": "′"})


def evidently_page(
    check: Check, request: CheckRequest, environment: Mapping[str, str]
) -> str:
    """Return the page on the newest window, its top columns first.

    CheckFailure NothingToReport where no column was compared, NoEvidently where no
    environment has it, ReportFailed where it fails or exceeds its bounds.
    """
    judged = check.windows[-1] if check.windows else None
    if judged is None or not judged.judgement.scores or not check.reference:
        raise CheckFailure(Reason.NOTHING_TO_REPORT, "no column was compared")
    python = evidently_python(environment)
    with tempfile.TemporaryDirectory(prefix="driftcheck-") as place:
        folder = Path(place)
        task = write_task(folder, check.reference, judged)
        task |= {"page": True, "share": request.drifted_columns_percent / 100}
        (folder / "task.json").write_text(json.dumps(task))
        _run(python, folder, environment)
        return (folder / "page.html").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Answer:
    """Evidently's decision on one column; `error` where it has none."""

    score: float
    drifted: bool
    error: str = ""


def evidently_scores(
    sides: tuple[Dataset, Dataset],
    asked: Mapping[str, ColumnRule],
    environment: Mapping[str, str],
) -> dict[str, Answer]:
    """Return Evidently's score of each of these columns, from all its values.

    `sides` are the reference and the window's rows; each rule has its threshold.
    CheckFailure NoEvidently or ReportFailed where there is no answer at all.
    """
    python = evidently_python(environment)
    names = {name: f"column {place}" for place, name in enumerate(asked)}
    columns = []
    with tempfile.TemporaryDirectory(prefix="driftcheck-") as place:
        folder = Path(place)
        for side, dataset in zip(("reference", "current"), sides, strict=True):
            rows = max(dataset.columns[name].present for name in asked)
            table = {names[n]: whole(dataset.columns[n], rows) for n in asked}
            pq.write_table(pa.table(table), folder / f"{side}.parquet")
        for name, rule in asked.items():
            column = sides[0].columns[name]
            columns.append(_describe(names[name], column, rule.threshold or 0.0))
        task = {"columns": columns, "page": False}
        (folder / "task.json").write_text(json.dumps(task))
        _run(python, folder, environment)
        scores = json.loads((folder / "scores.json").read_text())
    return {
        name: Answer(
            float(scores[plain].get("score", 0.0)),
            bool(scores[plain].get("drifted", False)),
            one_line(scores[plain]["error"]) if "error" in scores[plain] else "",
        )
        for name, plain in names.items()
    }


def whole(column: Column, rows: int) -> pa.Array:
    """Return all values of a column, padded with nulls to `rows` rows."""
    if isinstance(column, Categories):
        present = [c for c, n in column.counts.items() for _ in range(n)]
        return pa.array(present + [None] * (rows - len(present)), pa.string())
    values = np.full(rows, np.nan)
    values[: column.present] = column.values
    return pa.array(values)


def evidently_python(environment: Mapping[str, str]) -> str:
    """Return the interpreter that has Evidently: the declared or this one."""
    declared = environment.get(PYTHON_VARIABLE)
    if declared and shutil.which(declared):
        return declared
    if not declared and find_spec("evidently"):
        return sys.executable
    message = (
        f"{declared} ({PYTHON_VARIABLE}) cannot be run"
        if declared
        else f"install requirements/evidently.txt, and name that environment's "
        f"python in {PYTHON_VARIABLE}"
    )
    raise CheckFailure(Reason.NO_EVIDENTLY, message)


def write_task(
    folder: Path, reference: Dataset, judged: JudgedWindow
) -> dict[str, Any]:
    """Write both sides' samples; return the columns as Evidently's task lists them."""
    current = judged.current
    scores = judged.judgement.scores[:MAXIMUM_COLUMNS]
    if current is None:
        raise CheckFailure(Reason.NOTHING_TO_REPORT, "the window has no rows")
    names = plain_names(scores)
    for side, dataset in (("reference", reference), ("current", current)):
        sampled = {
            names[score.name]: sample(dataset.columns[score.name]) for score in scores
        }
        pq.write_table(pa.table(sampled), folder / f"{side}.parquet")
    columns = [
        _describe(names[score.name], reference.columns[score.name], score.threshold)
        for score in scores
    ]
    return {"columns": columns}


def _describe(name: str, column: Column, threshold: float) -> dict[str, Any]:
    """Return a column's type and method, which follow from the reference alone."""
    number = not isinstance(column, Categories)
    method = "wasserstein" if number else "jensenshannon"
    return {"name": name, "number": number, "method": method, "threshold": threshold}


def plain_names(scores: tuple[ColumnScore, ...]) -> dict[str, str]:
    """Names that are no markup, short and different from one another."""
    names: dict[str, str] = {}
    for score in scores:
        plain = harmless(score.name) or "(no name)"
        while plain in names.values():
            plain += "′"
        names[score.name] = plain
    return names


def harmless(text: str) -> str:
    """Return text of unknown origin without what a browser would take for markup."""
    shown = text[:MAXIMUM_LENGTH].translate(MARKUP)
    return "".join(c if c.isprintable() else "·" for c in shown)


def sample(column: Column) -> pa.Array:
    """Return SAMPLE_ROWS of a column in random order, nulls in their share.

    Each column is drawn by itself, from values or from what a profile kept of them:
    the page shows columns, never rows.
    """
    rng = np.random.default_rng(SEED)
    nulls = round(SAMPLE_ROWS * (column.rows - column.present) / max(column.rows, 1))
    wanted = SAMPLE_ROWS - nulls
    if isinstance(column, Categories):
        shares = np.array(list(column.counts.values()), dtype=float)
        drawn = rng.choice(len(shares), wanted, p=shares / shares.sum())
        spelled = [harmless(category) for category in column.counts]
        values: list[Any] = [spelled[index] for index in drawn]
    else:
        values = rng.choice(column.values, wanted).tolist()
    values += [None] * nulls
    kind = pa.string() if isinstance(column, Categories) else pa.float64()
    return pa.array([values[i] for i in rng.permutation(len(values))], kind)


def _run(python: str, folder: Path, environment: Mapping[str, str]) -> None:
    """Run Evidently's side with only the variables that it needs."""
    variables = {
        "PATH": environment.get("PATH", ""),
        "HOME": str(folder),
        "DO_NOT_TRACK": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    try:
        ran = subprocess.run(
            [python, "-I", str(SIDE), str(folder)],
            env=variables,
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CheckFailure(
            Reason.REPORT_FAILED, f"not finished after {SECONDS} s"
        ) from None
    except OSError as error:
        raise CheckFailure(Reason.REPORT_FAILED, one_line(error)) from None
    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or [f"exit {ran.returncode}"])[-1]
        raise CheckFailure(Reason.REPORT_FAILED, f"Evidently: {one_line(last)}")
