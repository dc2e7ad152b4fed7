"""``python -m driftcheck`` from the outside: exit codes, answers, files."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck import contract as c
from tests.unit.driftcheck.cli.conftest import Run
from tests.unit.driftcheck.samples import request

SOURCES = Path(__file__).parents[4] / "drift"


@pytest.mark.parametrize(
    ("current", "code", "verdict"),
    [
        ("same", 0, "NoDrift"),
        ("drift", 10, "Drift"),
        ("gone", 11, "DataQuality"),
        ("few", 12, "Inconclusive"),
        ("none", 1, "Error"),
    ],
)
def test_on_the_command_line_the_exit_code_is_the_verdict(
    run: Run, tmp_path: Path, current: str, code: int, verdict: str
) -> None:
    """A shell script can act on the code; people read the table; tools the JSON."""
    output = tmp_path / "answer.json"
    ran = run(
        *("--reference", "reference.parquet", "--current", f"{current}.parquet"),
        *("--json", str(output)),
    )
    assert ran.returncode == code, ran.stderr
    reason = "" if verdict == "NoDrift" else " ("
    assert ran.stdout.startswith(f"{verdict}{reason or ': '}")
    assert c.decode(output.read_bytes()).windows[0].verdict == verdict
    if verdict == "Error":
        complaint = "error: CurrentUnreadable: none.parquet: there is no such file\n"
        assert ran.stderr == complaint
    else:
        assert ran.stderr == ""


def test_excluded_columns_are_left_out(run: Run, data: Path) -> None:
    """Lists and repetitions of --exclude name what is neither compared nor reported."""
    table = pq.read_table(data / "same.parquet")
    for name in ("row", "session", "new"):
        table = table.append_column(name, pa.array(np.arange(500)))
    pq.write_table(table, data / "with-ids.parquet")
    ids = table.drop_columns(["new"]).to_pydict()
    pq.write_table(pa.table({n: v * 4 for n, v in ids.items()}), data / "ids.parquet")
    files = ("--reference", "ids.parquet", "--current", "with-ids.parquet")
    loud = run(*files, "--columns", "a,b,row,session,new")
    assert (loud.returncode, "new" in loud.stdout) == (11, True)
    quiet = run(*files, "--exclude", "row,session", "--exclude", "new")
    assert quiet.returncode == 0
    assert "of 2 columns drifted" in quiet.stdout
    assert not {"row", "session", "new"} & set(quiet.stdout.split())


def test_an_excluded_column_cannot_be_critical(run: Run) -> None:
    """The two options contradict each other: a wrong use."""
    files = ("--reference", "reference.parquet", "--current", "same.parquet")
    ran = run(*files, "--exclude", "b", "--critical", "b")
    assert ran.returncode == 2
    assert "'b' is not compared" in ran.stderr


def test_weights_by_hand_decide_the_share(run: Run) -> None:
    """The one column that drifted is half of two, or a tenth of what counts."""
    pair = ("--reference", "reference.parquet", "--current", "drift.parquet")
    assert run(*pair).returncode == 10
    light = run(*pair, "--weight", "b=9")
    assert light.returncode == 0
    assert "1 of 2 columns drifted (10 % by weight)" in light.stdout
    assert run(*pair, "--weight", "b=9", "--critical", "a").returncode == 10


def test_the_reference_may_come_from_the_environment(run: Run) -> None:
    """REFERENCE_DATASET_PATH stands in for --reference."""
    ran = run(
        "--current",
        "same.parquet",
        REFERENCE_DATASET_PATH="reference.parquet",
    )
    assert ran.returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--reference", "reference.parquet"],
        ["--nonsense"],
        ["--reference", "r", "--current", "c", "--columns", "a", "--window", "soon"],
        ["--reference", "r", "--current", "c", "--columns", "a,a"],
        ["--reference", "r", "--current", "c", "--columns", "a", "--weight", "a"],
        ["--reference", "r", "--current", "c", "--columns", "a", "--weight", "a=0"],
    ],
)
def test_wrong_options_exit_with_2(run: Run, arguments: list[str]) -> None:
    """What is missing or wrong is said on standard error."""
    ran = run(*arguments)
    assert ran.returncode == 2
    assert ran.stderr


def test_the_table_shows_the_worst_column_first(run: Run) -> None:
    """The drifted column leads, with both histograms on one scale."""
    ran = run("--reference", "reference.parquet", "--current", "drift.parquet")
    table = ran.stdout.splitlines()
    first = next(i for i, line in enumerate(table) if "effect" in line)
    assert table[first + 1].split()[0] == "a"
    assert table[first + 1].endswith("drift")
    assert sum(line.startswith("    reference |") for line in table) == 2


def in_pod(run: Run, tmp_path: Path, text: str, **more: str) -> tuple[int, Any, str]:
    """Run as in a pod; the exit code, the answer and what was printed."""
    message = tmp_path / "termination-log"
    environment = {"TERMINATION_LOG_PATH": str(message), "DRIFTCHECK_REQUEST": text}
    ran = run("check", **environment, **more)
    answer = c.decode(message.read_bytes())
    return ran.returncode, answer, ran.stdout + ran.stderr


def test_a_broken_request_exits_with_2_and_says_why(run: Run, tmp_path: Path) -> None:
    """The answer names the field, so that the operator can show it."""
    code, answer, _ = in_pod(run, tmp_path, '{"contract": "other/v9"}')
    assert code == 2
    assert answer.error.reason == "BadRequest"
    assert "contract" in answer.error.message


@pytest.mark.parametrize(
    "address", [None, "hunter2", "postgresql://u:hunter2@127.0.0.1:1/x"]
)
def test_an_unreachable_log_is_an_answer(
    run: Run, tmp_path: Path, address: str | None
) -> None:
    """The pod succeeds, every window that is due says Error, no password is shown."""
    asked = request("a", "b", reference=c.Reference("reference.parquet"))
    environment = {"DATABASE_URL": address} if address else {}
    text = c.encode_request(asked)
    code, answer, printed = in_pod(run, tmp_path, text, **environment)
    assert code == 0
    assert answer.error.reason == "LogUnreachable"
    assert {w.verdict for w in answer.windows} == {c.Verdict.ERROR}
    assert len(answer.windows) == 4
    assert answer.reference_sha256
    assert "hunter2" not in printed + answer.error.message


def test_an_unreadable_reference_is_an_answer(run: Run, tmp_path: Path) -> None:
    """Nothing was read, so the digest is none."""
    asked = request("a", reference=c.Reference("nowhere.parquet"))
    code, answer, _ = in_pod(run, tmp_path, c.encode_request(asked))
    assert code == 0
    assert answer.error.reason == "ReferenceUnreadable"
    assert answer.reference_sha256 is None


def test_a_changed_reference_is_data_quality(run: Run, tmp_path: Path) -> None:
    """Another file at the pinned address is never taken for the reference."""
    asked = request("a", reference=c.Reference("reference.parquet", "00" * 32))
    code, answer, _ = in_pod(run, tmp_path, c.encode_request(asked))
    assert code == 0
    assert answer.error is None
    assert {(w.verdict, w.reason) for w in answer.windows} == {
        (c.Verdict.DATA_QUALITY, "ReferenceChanged")
    }
    assert answer.reference_sha256 != "00" * 32


def test_nowhere_to_answer_is_a_warning(run: Run) -> None:
    """Outside a pod the table on standard output is enough."""
    asked = request("a", reference=c.Reference("nowhere.parquet"))
    ran = run(
        DRIFTCHECK_REQUEST=c.encode_request(asked),
        TERMINATION_LOG_PATH="/nonexistent/termination-log",
    )
    assert ran.returncode == 0
    assert "warning: no termination message" in ran.stderr


def test_the_answer_is_plain_json(run: Run, tmp_path: Path) -> None:
    """What stands in `kubectl describe` can be read by people and by jq."""
    output = tmp_path / "answer.json"
    run(
        *("--reference", "reference.parquet", "--current", "drift.parquet"),
        *("--json", str(output)),
    )
    window = json.loads(output.read_bytes())["windows"][0]
    shown = [window[key] for key in ("verdict", "rows", "drifted", "checked")]
    assert shown == ["Drift", 500, 1, 2]


def as_process(data: Path, stdout: int) -> subprocess.CompletedProcess[bytes]:
    """`python -m driftcheck` on the window that drifted."""
    return subprocess.run(
        [sys.executable, "-m", "driftcheck", "--current", "drift.parquet"],
        cwd=data,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(SOURCES),
            "REFERENCE_DATASET_PATH": "reference.parquet",
        },
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )


def test_it_runs_as_a_module(data: Path) -> None:
    """`python -m driftcheck` is the entry point, and its exit code the verdict."""
    ran = as_process(data, subprocess.PIPE)
    assert (ran.returncode, ran.stderr) == (10, b"")


def test_a_reader_that_goes_away_sees_no_traceback(data: Path) -> None:
    """`python -m driftcheck ... | head -1` ends quietly."""
    reader, writer = os.pipe()
    os.close(reader)
    ran = as_process(data, writer)
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (1, b"")


def test_a_bug_is_an_answer_too(run: Run, tmp_path: Path) -> None:
    """What nobody foresaw exits with 1, and the answer says InternalError."""
    message = tmp_path / "message"
    ran = run(
        "--current",
        "same.parquet",
        "--reference",
        "reference.parquet",
        "--json",
        str(tmp_path),
        TERMINATION_LOG_PATH=str(message),
    )
    assert ran.returncode == 1
    error = c.decode(message.read_bytes()).error
    assert error is not None
    assert error.reason == "InternalError"
