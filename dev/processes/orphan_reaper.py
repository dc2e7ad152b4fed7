"""What a dead parent may have left behind, found without ever hitting a stranger.

Each supervisor ("run") has a folder of records in the cache: one for itself, one per
process, each with pid and start time, because a pid alone may by now be another
program's. All of its processes also carry the run's random ID in their environment,
so that grandchildren are found too, whatever group or session they moved to.
"""

import json
import os
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from dev.environments.cache import cache_dir

MARKER = "KILLICK_DEV_RUN"
"""Environment variable that every supervised process and its children inherit."""

_OWNER = "owner"


@dataclass(frozen=True)
class Identity:
    """A process as the kernel knows it: a pid is reused, the pair is not."""

    pid: int
    start_time: int
    """Clock ticks after boot, field 22 of /proc/PID/stat."""


def identify(pid: int) -> Identity | None:
    """Return who has that pid now; None if nobody has, or only a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name, in parentheses, may itself hold spaces and parentheses.
    fields = stat.rpartition(")")[2].split()
    if fields[0] in "ZX":
        return None
    return Identity(pid, int(fields[19]))


def marked(run: str) -> list[int]:
    """Return the pids of the living processes that belong to the run."""
    entry = f"{MARKER}={run}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue
        if entry in environment.split(b"\0") and identify(int(folder.name)):
            found.append(int(folder.name))
    return [pid for pid in found if pid != os.getpid()]


def sweep(run: str, patience: float = 10.0) -> list[int]:
    """Kill what still belongs to the run, wait until it is gone, return its pids."""
    killed: list[int] = []
    deadline = time.monotonic() + patience
    while (pids := marked(run)) and time.monotonic() < deadline:
        for pid in pids:
            _kill(pid)
        killed += [pid for pid in pids if pid not in killed]
        time.sleep(0.02)
    return killed


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    except PermissionError:
        # Another user's process that inherited our environment: not ours to end.
        pass


class Records:
    """The folder of one run; it exists exactly as long as the run does."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.folder = _runs() / run

    def open(self, owner: Identity, temporary: list[Path]) -> None:
        """Start the run: who owns it, and which folders go when it ends."""
        self.folder.mkdir(parents=True)
        self._write(_OWNER, owner, {"temporary": [str(path) for path in temporary]})

    def add(self, name: str, process: Identity) -> None:
        """Remember a process (again, under the same name, after a restart)."""
        self._write(name, process, {})

    def close(self) -> None:
        """Forget the run and remove its temporary folders."""
        for path in self._temporary():
            shutil.rmtree(path, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def owner(self) -> Identity | None:
        """Return the process that owns the run; None if that cannot be read."""
        return self._read(_OWNER)

    def reap(self) -> list[int]:
        """End what the run left behind and forget it; return the pids that were."""
        killed = []
        for path in self.folder.glob("*.json"):
            known = self._read(path.stem)
            if path.stem == _OWNER or known is None or identify(known.pid) != known:
                continue
            _kill(known.pid)
            killed.append(known.pid)
        killed += [pid for pid in sweep(self.run) if pid not in killed]
        self.close()
        return killed

    def _write(self, name: str, who: Identity, more: dict[str, list[str]]) -> None:
        content = {"pid": who.pid, "start_time": who.start_time, **more}
        temporary = self.folder / f"{name}.tmp"
        temporary.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(self.folder / f"{name}.json")

    def _content(self, name: str) -> dict[str, object]:
        try:
            text = (self.folder / f"{name}.json").read_text(encoding="utf-8")
            content = json.loads(text)
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def _read(self, name: str) -> Identity | None:
        content = self._content(name)
        pid, start_time = content.get("pid"), content.get("start_time")
        if not isinstance(pid, int) or not isinstance(start_time, int):
            return None
        return Identity(pid, start_time)

    def _temporary(self) -> list[Path]:
        paths = self._content(_OWNER).get("temporary")
        return [Path(str(path)) for path in paths] if isinstance(paths, list) else []


def _runs() -> Path:
    return cache_dir() / "runs"


def _all_records() -> list[Records]:
    folders = sorted(_runs().glob("*")) if _runs().is_dir() else []
    return [Records(folder.name) for folder in folders]


def end_own_runs() -> None:
    """End every run of this process, for one that was interrupted and is about to exit.

    Supervisors in background threads do not see the interrupt. The watchdog would end
    their processes a moment after our exit; this ends them before.
    """
    us = identify(os.getpid())
    for records in _all_records():
        if records.owner() == us:
            records.reap()


def reap_dead_runs() -> dict[str, list[int]]:
    """End what is left of every run whose owner is dead: run ID → pids.

    A run whose owner lives is left alone: it is another cluster at work.
    """
    reaped = {}
    for records in _all_records():
        folder = records.folder
        owner = records.owner()
        if owner is not None and identify(owner.pid) == owner:
            continue
        if owner is None and time.time() - folder.stat().st_mtime < 60:
            continue  # perhaps just being opened
        reaped[folder.name] = records.reap()
    return reaped
