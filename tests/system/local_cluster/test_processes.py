"""Processes that we start end with us, however we end, and strangers never do."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.processes.orphan_reaper import (
    MARKER,
    Identity,
    Records,
    identify,
    marked,
    reap_dead_runs,
)
from dev.processes.supervisor import (
    Process,
    Program,
    StartError,
    Supervisor,
    free_port,
)
from dev.waiting import LIMIT, wait_until

REPOSITORY = Path(__file__).parents[3]

# A server with a worker in another session, as the worst of real servers have.
SERVER = "setsid sleep 1000 & sleep 1000 & echo up; wait"

OWNER = """
import signal, sys, time
from pathlib import Path
from dev.processes.supervisor import Program, Supervisor
# As in a terminal, even if these tests run in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
log = Path(sys.argv[1], "logs", "server.log")
with Supervisor(Path(sys.argv[1]), temporary=True) as supervisor:
    program = Program(
        name="server",
        command=["bash", "-c", sys.argv[2]],
        ready=lambda: "up" in log.read_text(),
    )
    supervisor.start(program).wait_ready()
    print(supervisor.run, flush=True)
    time.sleep(1000)
"""


@pytest.fixture(autouse=True)
def private_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the records of these tests' runs apart from real ones."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """A supervisor of the test's own."""
    with Supervisor(tmp_path / "run") as supervisor:
        yield supervisor


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that supervises a server; its first line of output is the run."""
    script = textwrap.dedent(OWNER)
    command = [sys.executable, "-c", script, str(tmp_path / "run"), SERVER]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=REPOSITORY,
    ) as process:
        yield process
        process.kill()


def run_of(owner: subprocess.Popen[str]) -> str:
    """Wait until the owner's server is up and return the run."""
    assert owner.stdout is not None
    lines = iter(owner.stdout.readline, "")
    return next(
        line.strip() for line in lines if "ready" not in line and ":" not in line
    )


def shell(script: str, name: str = "server", **more: object) -> Program:
    """A program of one line of shell."""
    return Program(name=name, command=["bash", "-c", script], **more)  # type: ignore[arg-type]


def until_printed(process: Process, text: str) -> None:
    """Wait until the program has printed the text."""
    wait_until(f"{process.name} to print {text}", process.tail, lambda log: text in log)


def test_nothing_remains_after_the_owner_is_killed(
    owner: subprocess.Popen[str], tmp_path: Path
) -> None:
    """After SIGKILL the server, its children in other sessions and its data go."""
    run = run_of(owner)
    assert len(marked(run)) == 3
    owner.kill()
    wait_until("their end", lambda: marked(run), lambda pids: not pids)
    wait_until("the end of the data", lambda: not (tmp_path / "run").exists())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_remains_after_a_signal(
    owner: subprocess.Popen[str], number: signal.Signals
) -> None:
    """INT, TERM and HUP end the owner, and by then nothing of its run lives."""
    run = run_of(owner)
    owner.send_signal(number)
    assert owner.wait(timeout=LIMIT) != 0
    assert not marked(run)


def test_the_next_start_reaps_what_even_the_watchdog_missed(
    tmp_path: Path,
) -> None:
    """A process of a dead owner's run is ended by the next start."""
    run = "0" * 32
    with subprocess.Popen(["sleep", "1000"], env={MARKER: run, **os.environ}) as left:
        Records(run).open(Identity(left.pid, start_time=1), [])
        with Supervisor(tmp_path / "next"):
            assert left.wait(timeout=5) == -signal.SIGKILL
    assert not Records(run).folder.exists()


def test_a_pid_that_is_now_a_strangers_is_left_alone() -> None:
    """A recorded pid whose start time differs is another process: it lives on."""
    with subprocess.Popen(["sleep", "1000"]) as stranger:
        now = identify(stranger.pid)
        assert now is not None
        records = Records("1" * 32)
        records.open(Identity(stranger.pid, start_time=1), [])
        records.add("server", Identity(stranger.pid, now.start_time - 1))
        assert reap_dead_runs() == {"1" * 32: []}
        assert stranger.poll() is None
        stranger.kill()


def test_a_recorded_process_is_reaped_by_pid_and_start_time() -> None:
    """A process that lost its environment's mark is found by its record."""
    with subprocess.Popen(["sleep", "1000"]) as left:
        now = identify(left.pid)
        assert now is not None
        records = Records("2" * 32)
        records.open(Identity(now.pid, start_time=1), [])
        records.add("server", now)
        assert reap_dead_runs() == {"2" * 32: [left.pid]}
        assert left.wait(timeout=5) == -signal.SIGKILL


def test_the_run_of_a_living_owner_is_left_alone(supervisor: Supervisor) -> None:
    """Another cluster at work loses nothing when a second one starts."""
    process = supervisor.start(shell("sleep 1000"))
    assert reap_dead_runs() == {}
    assert process.alive


def test_a_program_that_ends_early_shows_its_log(supervisor: Supervisor) -> None:
    """The error names what was waited for and holds the program's last words."""
    program = shell(
        "echo the disk is full; exit 3", ready=lambda: False, waiting_for="an answer"
    )
    with pytest.raises(StartError, match="waiting for an answer") as caught:
        supervisor.start(program).wait_ready()
    assert "exit code 3" in str(caught.value)
    assert "the disk is full" in str(caught.value)


def test_a_program_that_is_never_ready_is_given_up(supervisor: Supervisor) -> None:
    """After `ready_timeout` the wait ends with an error, and says why not."""

    def ready() -> bool:
        raise ConnectionRefusedError("nobody listens")

    program = shell("sleep 1000", ready=ready, ready_timeout=0.2)
    with pytest.raises(StartError, match=r"not ready in 0\.2 s \(nobody listens\)"):
        supervisor.start(program).wait_ready()


def test_a_program_that_ignores_the_stop_signal_is_killed(
    supervisor: Supervisor,
) -> None:
    """Stopping ends the whole group, after the time that it had to do so itself."""
    process = supervisor.start(
        shell("trap '' TERM; sleep 1000 & echo up; wait", stop_timeout=0.2)
    )
    until_printed(process, "up")
    supervisor.stop("server")
    assert not marked(supervisor.run)
    assert process.returncode == -signal.SIGKILL


def test_a_paused_program_can_be_stopped(supervisor: Supervisor) -> None:
    """Stopping wakes a frozen program, so that it ends in good order."""
    script = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"
    process = supervisor.start(shell(script))
    until_printed(process, "up")
    process.pause()
    process.stop()
    assert process.returncode == 0
    assert "bye" in process.tail()


def test_a_program_started_by_a_passing_thread_lives_on(
    supervisor: Supervisor,
) -> None:
    """The end of the thread that asked for a program does not end the program."""
    started: list[Process] = []
    thread = threading.Thread(
        target=lambda: started.append(supervisor.start(shell("sleep 0.3; echo alive")))
    )
    thread.start()
    thread.join()
    assert started[0].wait(timeout=LIMIT) == 0
    assert "alive" in started[0].tail()


def test_a_stopped_program_can_be_started_again(supervisor: Supervisor) -> None:
    """A restart runs the same command as a new process; the log goes on."""
    first = supervisor.start(shell("echo up; sleep 1000"))
    until_printed(first, "up")
    second = supervisor.restart("server")
    assert first.pid != second.pid
    wait_until("a second start", second.tail, lambda log: log.count("up") == 2)


def test_a_name_runs_once(supervisor: Supervisor) -> None:
    """Two living programs of one name would make `stop` ambiguous: refused."""
    supervisor.start(shell("sleep 1000"))
    with pytest.raises(ValueError, match="already runs"):
        supervisor.start(shell("sleep 1000"))


def test_a_missing_program_is_named(supervisor: Supervisor) -> None:
    """A command that does not exist fails at once, by name."""
    with pytest.raises(StartError, match="there is no program no-such-program"):
        supervisor.start(Program(name="server", command=["no-such-program"]))


def test_a_demoted_program_is_not_root_and_reads_private_files(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    """Servers that refuse root run as another user, from below root's own folders."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "file").write_text("readable", encoding="utf-8")
    process = supervisor.start(shell(f"id -u; cat {private}/file", demote=True))
    assert process.wait(timeout=LIMIT) == 0
    user = 65_534 if os.geteuid() == 0 else os.geteuid()
    assert process.tail().splitlines() == [str(user), "readable"]


def test_ports_are_given_once() -> None:
    """No port is handed out twice, even while nobody listens on it yet."""
    ports = [free_port() for _ in range(50)]
    assert len(set(ports)) == 50
