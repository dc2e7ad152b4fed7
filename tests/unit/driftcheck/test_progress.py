"""What a person sees of a long read, and that nobody else sees any of it."""

import io
import logging
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck.contract import Features
from driftcheck.progress import CLEAR, ProgressLine, progress, reading
from driftcheck.reference.load import load_reference


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """True."""
        return True


def reported(stream: io.StringIO, *moments: float) -> str:
    """What is written where a message comes at each of these seconds."""
    clock = iter([0.0, *moments])
    line = ProgressLine(stream, lambda: next(clock))
    for moment in moments:
        line.handle(logging.LogRecord("n", 20, "p", 1, f"at {moment:g}", (), None))
    line.close()
    return stream.getvalue()


def test_a_terminal_has_one_line_that_goes_away() -> None:
    """Nothing in the first second, then each message over the one before."""
    found = reported(Terminal(), 0.5, 1.5, 1.55, 2)
    assert found == f"{CLEAR}at 1.5{CLEAR}at 2{CLEAR}"
    assert reported(Terminal(), 0.5) == ""


def test_a_file_has_a_line_now_and_then() -> None:
    """No control characters, and no more than a line in ten seconds."""
    assert reported(io.StringIO(), 0.5, 1.5, 5, 11.4, 11.6) == "at 1.5\nat 11.6\n"


def test_names_from_outside_cannot_steer_the_terminal() -> None:
    """A column's name may hold anything."""
    stream = Terminal()
    clock = iter([0.0, 2.0])
    line = ProgressLine(stream, lambda: next(clock))
    line.handle(logging.LogRecord("n", 20, "p", 1, "a\x1b[2Jb\n" + "x" * 999, (), None))
    written = stream.getvalue().removeprefix(CLEAR)
    assert written.isprintable()
    assert len(written) == 100


def test_each_column_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a reference the address, the column and how many there are."""
    table = pa.table({"a": [1.0, 2.0], "b": [1.0, 2.0]})
    pq.write_table(table, tmp_path / "r.parquet")
    with progress(), caplog.at_level(logging.INFO, reading.name):
        load_reference(str(tmp_path / "r.parquet"), Features("Columns", ("a", "b")), {})
    assert [r.getMessage().rpartition(": ")[2] for r in caplog.records] == [
        "read column 1 of 2, a",
        "read column 2 of 2, b",
    ]
    assert not reading.handlers
