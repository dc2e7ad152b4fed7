"""``python -m driftcheck`` from the outside: exit codes, answers, files."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck import contract as c
from driftcheck.__main__ import main
from tests.unit.driftcheck.samples import normal, request

SOURCES = Path(__file__).parents[4] / "drift"


@dataclass(frozen=True)
class Ran:
    """What a run left behind."""

    returncode: int
    stdout: str
    stderr: str


Run: TypeAlias = Callable[..., Ran]


@pytest.fixture
def run(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run the worker in the directory of the data."""
    monkeypatch.chdir(data)

    def run(*arguments: str, **environment: str) -> Ran:
        try:
            code = main(list(arguments), environment)
        except SystemExit as stop:
            code = int(str(stop.code))
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return run


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a reference and windows of every kind."""
    path = tmp_path_factory.mktemp("data")
    pairs = {
        "reference": {"a": normal(1, 2000), "b": normal(2, 2000)},
        "same": {"a": normal(3, 500), "b": normal(4, 500)},
        "drift": {"a": normal(3, 500, 1.0), "b": normal(4, 500)},
        "few": {"a": normal(3, 99), "b": normal(4, 99)},
        "gone": {"a": normal(3, 500)},
    }
    for name, columns in pairs.items():
        pq.write_table(pa.table(columns), path / f"{name}.parquet")
    return path


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


class Gateway(BaseHTTPRequestHandler):
    """A Pushgateway's one operation."""

    pushed: list[tuple[str, str, str]] = []  # noqa: RUF012
    status = 200

    def do_PUT(self) -> None:
        """Keep what was pushed."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        type(self).pushed.append(("PUT", self.path, body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def gateway() -> Iterator[tuple[str, type[Gateway]]]:
    """A gateway of the test's own."""
    handler = type("One", (Gateway,), {"pushed": [], "status": 200})
    server = HTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()


def test_gauges_are_pushed(run: Run, gateway: tuple[str, type[Gateway]]) -> None:
    """Verdict, share and time, grouped by job, namespace and name."""
    url, seen = gateway
    ran = run(
        *("--reference", "reference.parquet", "--current", "drift.parquet"),
        *("--name", "shop", "--namespace", "ml"),
        PUSHGATEWAY_URL=url,
    )
    assert ran.returncode == 10
    [(_, path, body)] = seen.pushed
    assert path == "/metrics/job/killick/name/shop/namespace/ml"
    assert "driftcheck_drift_detected 1.0" in body
    assert "driftcheck_drift_share_ratio 0.5" in body
    assert "driftcheck_last_check_timestamp_seconds 1." in body


def test_what_was_not_computed_is_not_pushed_as_zero(
    run: Run, gateway: tuple[str, type[Gateway]]
) -> None:
    """An inconclusive window has a time, but no drift gauges."""
    url, seen = gateway
    ran = run(
        *("--reference", "reference.parquet", "--current", "few.parquet"),
        PUSHGATEWAY_URL=url,
    )
    assert ran.returncode == 12
    body = seen.pushed[0][2]
    assert "driftcheck_last_check_timestamp_seconds" in body
    assert "drift_" not in body


def test_a_failing_push_changes_nothing(
    run: Run, gateway: tuple[str, type[Gateway]]
) -> None:
    """It is a warning; the verdict stands."""
    url, seen = gateway
    seen.status = 500
    for address in (url, "http://127.0.0.1:1"):
        ran = run(
            *("--reference", "reference.parquet", "--current", "same.parquet"),
            PUSHGATEWAY_URL=address,
        )
        assert ran.returncode == 0
        assert "warning: push failed" in ran.stderr


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


def test_labels_are_scored_by_hand(run: Run, data: Path) -> None:
    """The report and the JSON say score, interval and coverage."""
    table = pq.read_table(data / "reference.parquet")
    labels = [None if row % 4 else 1.0 for row in range(len(table))]
    table = table.append_column("said", pa.array([1.5] * len(table)))
    table = table.append_column("truth", pa.array(labels, pa.float64()))
    pq.write_table(table, data / "labelled.parquet")
    ran = run(
        *("--reference", "labelled.parquet", "--current", "labelled.parquet"),
        *("--prediction-column", "said", "--label", "truth", "--json", "out.json"),
        *("--metric", "MeanAbsoluteError"),
    )
    assert (
        "Performance: MeanAbsoluteError 0.5, no interval (NothingVaries)" in ran.stdout
    )
    assert "500 of 2000 rows have labels (25%)" in ran.stdout
    performance = json.loads((data / "out.json").read_text())["performance"]
    assert [performance[k] for k in ("score", "labelled", "rows")] == [0.5, 500, 2000]


def test_labels_need_a_metric_and_predictions(run: Run) -> None:
    """What is missing is a wrong use, said at once."""
    pair = ("--reference", "reference.parquet", "--current", "reference.parquet")
    for options in (("--label", "a"), ("--metric", "Accuracy", "--label", "a")):
        ran = run(*pair, *options)
        assert ran.returncode == 2
        assert "--label, --metric and --prediction-column" in ran.stderr


def test_answers_below_a_bound_are_drift_by_hand(run: Run, data: Path) -> None:
    """Features are calm; the exit code is Drift's, and the kind Performance."""
    table = pq.read_table(data / "reference.parquet")
    truth = np.random.default_rng(5).random(len(table)) < 0.7
    table = table.append_column("said", pa.array([1] * len(table)))
    table = table.append_column("truth", pa.array(truth.astype(int)))
    pq.write_table(table, data / "labelled.parquet")
    options = (
        *("--reference", "labelled.parquet", "--current", "labelled.parquet"),
        *("--prediction-column", "said", "--label", "truth", "--json", "out.json"),
        *("--metric", "Accuracy", "--performance-minimum"),
    )
    assert run(*options, "0.6").returncode == 0
    bad = run(*options, "0.8")
    assert bad.returncode == 10
    assert "Drift (PerformanceDropped): Accuracy 0." in bad.stdout
    assert "below the minimum 0.8" in bad.stdout
    answer = c.decode((data / "out.json").read_bytes())
    assert answer.windows[0].kinds == (c.Kind.PERFORMANCE,)
    assert answer.performance is not None
    assert answer.performance.verdict is c.Verdict.DRIFT


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--performance-minimum", "0.8"), "require --label and --metric"),
        (
            (
                *("--label", "a", "--metric", "Accuracy", "--prediction-column", "a"),
                *("--performance-maximum", "0.8"),
            ),
            "performance.maximum: Accuracy has no maximum",
        ),
    ],
)
def test_a_bound_that_fits_nothing_is_a_wrong_use(
    run: Run, options: tuple[str, ...], complaint: str
) -> None:
    """It is said at once, with the exit code of wrong options."""
    pair = ("--reference", "reference.parquet", "--current", "reference.parquet")
    ran = run(*pair, *options)
    assert ran.returncode == 2
    assert complaint in ran.stderr
