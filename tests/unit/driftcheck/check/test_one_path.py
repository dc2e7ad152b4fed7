"""One window is followed from the log to the verdict through few files, and no further.

A reader of the code opens a file where one of its functions is called. Properties and
special methods are attributes to a reader, and an imported module is not yet opened.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import CodeType, FrameType

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import driftcheck
from driftcheck import contract as c
from driftcheck.check.run import Inputs, check_inputs, reference_for, run_check
from driftcheck.inference_log.single_file import open_file
from driftcheck.windows import all_rows

FIRST_INSTRUCTIONS = 8
"""Bytes of code before a function's own: further in, a generator resumes."""
ROOT = Path(driftcheck.__file__).parent
START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=1)
NAMES = ("a", "b", "c")
MOST_FILES = {"duckdb_check": 17, "files_check": 18, "single_file_check": 19}
"""A table in PostgreSQL is read as one in DuckDB is; files also lead to `storage`."""


class Trace:
    """The files of the worker whose functions are called, in order, with their names.

    Only what begins after the log is asked for a window's rows is traced: an open log
    that is closed is a generator that resumes.
    """

    def __init__(self) -> None:
        self.files: dict[str, set[str]] = {}
        self.deciding: set[str] = set()
        self._started = False
        self._known: dict[CodeType, str | None] = {}

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """Note a call, as `sys.setprofile` asks for."""
        if event != "call":
            return
        code = frame.f_code
        if code not in self._known:
            self._known[code] = opened(frame)
        name = self._known[code]
        if name is None:
            return
        self._started = self._started or (
            name.startswith("inference_log/") and code.co_name == "window"
        )
        if self._started and frame.f_lasti <= FIRST_INSTRUCTIONS:
            self.files.setdefault(name, set()).add(code.co_name)
            if "conclude" in self.files.get("judge/verdict.py", ()):
                self.deciding.add(name)


def opened(frame: FrameType) -> str | None:
    """Return the worker's file of a function, None for all that is not opened."""
    code = frame.f_code
    file = Path(code.co_filename)
    if not file.is_relative_to(ROOT) or "__module__" in frame.f_locals:
        return None
    if code.co_name.startswith(("<", "__")):
        return None
    owner = frame.f_locals.get("self")
    if isinstance(getattr(type(owner), code.co_name, None), property):
        return None
    return str(file.relative_to(ROOT))


@contextmanager
def traced() -> Iterator[Trace]:
    """Trace what runs inside."""
    trace = Trace()
    sys.setprofile(trace)
    try:
        yield trace
    finally:
        sys.setprofile(None)


def request(log: c.LogSource) -> c.CheckRequest:
    """Return a request for three columns of numbers."""
    return c.CheckRequest(
        *("model", "ml", "hash", c.Reference("reference.parquet"), log),
        c.WindowGrid(START, 3),
    )


def source(**where: str) -> c.LogSource:
    """Return a log of three columns."""
    features = c.Features("Columns", NAMES)
    place = ("main", "log", "at", features)
    return c.LogSource(*place, lag_seconds=0, **where)  # type: ignore[arg-type]


def duckdb_check() -> c.WindowVerdict:
    """Check the window of a table."""
    asked = request(source(type="DuckDB", uri="log.duckdb"))
    return run_check(asked, None, NOW).answer.windows[-1]


def files_check() -> c.WindowVerdict:
    """Check the window of a log in parquet files."""
    asked = request(source(type="Files", uri="log.parquet"))
    return run_check(asked, None, NOW).answer.windows[-1]


def single_file_check() -> c.WindowVerdict:
    """Check a file as the command line does."""
    asked = request(source())
    inputs = Inputs(
        (all_rows(NOW),),
        lambda: reference_for(asked, {}),
        lambda: open_file("log.parquet", asked.log, {}),
    )
    return check_inputs(asked, inputs, NOW, {}).answer.windows[-1]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a reference and a drifted window, as a file and as a table."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(1)
    reference = {name: random.normal(size=5000) for name in NAMES}
    pq.write_table(pa.table(reference), "reference.parquet")
    times = [START + timedelta(minutes=minute) for minute in range(1440)]
    window = {name: random.normal(0.5, 1, 1440) for name in NAMES}
    table = pa.table({"at": times, **window})
    pq.write_table(table, "log.parquet")
    with duckdb.connect("log.duckdb") as connection:
        connection.register("given", table)
        connection.execute("CREATE TABLE log AS SELECT * FROM given")


@pytest.mark.parametrize("check", [duckdb_check, files_check, single_file_check])
def test_few_files_lie_between_the_log_and_the_verdict(
    check: Callable[[], c.WindowVerdict],
) -> None:
    """A window of a table reaches its verdict through at most 17 files."""
    check()  # imports
    with traced() as trace:
        verdict = check()
    print(f"{check.__name__}: {len(trace.files)} files")  # noqa: T201
    for file, functions in trace.files.items():
        print(f"  {file}: {', '.join(sorted(functions))}")  # noqa: T201
    assert verdict.verdict is c.Verdict.DRIFT
    assert len(trace.files) <= MOST_FILES[check.__name__]


@pytest.mark.parametrize("check", [duckdb_check, files_check, single_file_check])
def test_nothing_doubles_back_once_the_verdict_is_decided(
    check: Callable[[], c.WindowVerdict],
) -> None:
    """After the evidence only the rules, their predicates and the answer follow."""
    check()  # imports
    with traced() as trace:
        check()
    rooms = {"judge/verdict.py", "judge/rules.py", "judge/drift.py", "check/run.py"}
    assert trace.deciding <= rooms


def test_every_log_leads_to_the_same_verdict() -> None:
    """The same rows in a table, in files and in a single file are judged alike."""
    verdicts = [check() for check in (duckdb_check, files_check, single_file_check)]
    assert len({(v.verdict, v.reason, v.message, v.rows) for v in verdicts}) == 1
