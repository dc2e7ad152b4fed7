"""What a check costs: CPU seconds and peak memory, beside its peers, in one run.

    python -m benchmarks.cost [--rows 1000 10000 100000 1000000] [--columns 10 50]
                              [--repeat 3] [--without preset nannyml]

Each figure is of a whole process, start and imports included, reading both sides from
zstd parquet: k columns of numbers and 5 of categories. Prints the tables of
docs/cost.md; the first line of each size is kept also if a later one fails. The
peers get environments of their own. The largest size takes ten minutes and 6 GB,
nearly all of it the preset's.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.environments.images import EnvironmentName, ensure_environment

HERE = Path(__file__).resolve().parent
REFERENCE, CURRENT = "reference.parquet", "current.parquet"
CHECK = "-m", "driftcheck", "--current", CURRENT, "--reference"
EXIT_CODES = (0, 10)


@dataclass(frozen=True)
class Cost:
    """Of one process: CPU seconds (user and system), wall seconds, peak in MB."""

    cpu: float
    wall: float
    megabytes: float

    def __str__(self) -> str:
        digits = 2 if self.cpu < 10 else 1
        return f"{self.cpu:.{digits}f} s, {self.megabytes:.0f} MB"


@dataclass(frozen=True)
class Side:
    """One way to judge the two files: the process, and how often it is measured."""

    label: str
    command: Sequence[str]
    repeat: int = 1


def main(arguments: list[str]) -> int:
    """Measure all sizes, then print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cost")
    sizes = [1000, 10_000, 100_000, 1_000_000]
    parser.add_argument("--rows", type=int, nargs="+", default=sizes)
    parser.add_argument("--columns", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--repeat", type=int, default=3, help="of what is quick")
    parser.add_argument("--without", nargs="+", default=[], help="peers to leave out")
    options = parser.parse_args(arguments)
    pythons = {name: python(name) for name in ("evidently", "nannyml", "worker")}
    sides = [
        s for s in all_sides(pythons, options.repeat) if s.label not in options.without
    ]
    print_starts(pythons, options.repeat)
    for rows in options.rows:
        for columns in options.columns:
            print_size(rows, columns, sides)
    return 0


def python(name: EnvironmentName) -> str:
    """Return the interpreter of an environment, which is made if it is missing."""
    return str(ensure_environment(name, tell) / "bin" / "python")


def all_sides(pythons: Mapping[str, str], repeat: int) -> list[Side]:
    """Everything that is measured of one size, peers first."""
    evidently, worker = pythons["evidently"], pythons["worker"]

    def script(interpreter: str, name: str, *arguments: str) -> list[str]:
        return [interpreter, str(HERE / name), *arguments]

    profile = "reference.profile.npz"
    return [
        Side("preset", script(evidently, "evidently_side.py", "preset")),
        Side("count", script(evidently, "evidently_side.py", "count")),
        Side("nannyml", script(pythons["nannyml"], "nannyml_side.py")),
        Side("scores", script(worker, "plain_side.py", "all"), repeat),
        Side("scores, profile", script(worker, "plain_side.py", "profile"), repeat),
        Side("verdict", [worker, *CHECK, REFERENCE], repeat),
        Side("verdict, all rows", [worker, *CHECK, REFERENCE, "--all-rows"], repeat),
        Side("verdict, profile", [worker, *CHECK, profile], repeat),
        Side(
            "verdict, profile, all rows",
            [worker, *CHECK, profile, "--all-rows"],
            repeat,
        ),
        Side("floor", script(worker, "floor_side.py", REFERENCE, CURRENT), repeat),
        Side("floor, profile", script(worker, "floor_side.py", CURRENT), repeat),
    ]


def tell(line: str) -> None:
    """Progress, apart from the tables."""
    print(line, file=sys.stderr, flush=True)


def print_starts(pythons: Mapping[str, str], repeat: int) -> None:
    """What each needs before it has seen a row."""
    print("\n| start | CPU | wall | peak |\n| --- | --- | --- | --- |")
    programs = {
        "Python": ("worker", "pass"),
        "numpy, pyarrow.parquet": ("worker", "import numpy, pyarrow.parquet"),
        "the worker": ("worker", "import driftcheck.cli.check, driftcheck.report.text"),
        "Evidently": ("evidently", "import evidently.presets"),
        "NannyML": ("nannyml", "import nannyml"),
    }
    with tempfile.TemporaryDirectory() as folder:
        for label, (name, program) in programs.items():
            side = Side(label, [pythons[name], "-c", program], repeat)
            found = measured(side, Path(folder))
            print(f"| {label} | {found.cpu:.2f} s | {found.wall:.2f} s "
                  f"| {found.megabytes:.0f} MB |", flush=True)  # fmt: skip


def print_size(rows: int, columns: int, sides: Sequence[Side]) -> None:
    """One table: what each side costs for this size, and how that compares."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        sample = [python("worker"), str(HERE / "sample_files.py")]
        cost([*sample, REFERENCE, str(rows), str(columns), "1", "0.0"], work)
        cost([*sample, CURRENT, str(rows), str(columns), "2", "0.3"], work)
        keep = ["--write-profile", "reference.profile.npz"]
        cost([python("worker"), *CHECK, REFERENCE, *keep], work)
        print(f"\n{rows:,} rows x {columns} columns of numbers and 5 of categories\n")
        print("| | CPU, peak | wall | preset / this | this / floor |")
        print("| --- | --- | --- | --- | --- |")
        found: dict[str, Cost] = {}
        for side in sides:
            found[side.label] = measured(side, work)
            tell(f"{rows} x {columns}: {side.label}: {found[side.label]}")
        for label, one in found.items():
            floor = found["floor, profile" if "profile" in label else "floor"]
            preset = found.get("preset", Cost(math.nan, math.nan, math.nan))
            ratios = f"{preset.cpu / one.cpu:.1f} | {one.cpu / floor.cpu:.1f}"
            print(f"| {label} | {one} | {one.wall:.1f} s | {ratios} |")
        print(f"\nLargest difference of a score: {difference(work)}", flush=True)


def measured(side: Side, work: Path) -> Cost:
    """The median of several runs after one that warms the caches, or the only run."""
    if side.repeat > 1:
        cost(side.command, work)
    runs = [cost(side.command, work) for _ in range(side.repeat)]
    return Cost(
        statistics.median(run.cpu for run in runs),
        statistics.median(run.wall for run in runs),
        max(run.megabytes for run in runs),
    )


def difference(work: Path) -> str:
    """Return how far our scores of all rows are from Evidently's own, at most."""
    paths = work / "evidently.json", work / "ours.all.json"
    if not all(path.exists() for path in paths):
        return "not compared"
    theirs, ours = (json.loads(path.read_text()) for path in paths)
    if set(theirs) != set(ours):
        return f"not the same columns: {sorted(set(theirs) ^ set(ours))}"
    most = max(abs(theirs[name] - ours[name]) for name in theirs)
    return f"{most:.1e} over {len(theirs)} columns"


def cost(command: Sequence[str], work: Path) -> Cost:
    """Run a process to its end, on one thread; CalledProcessError if it fails.

    A process starts with the memory of the one that made it: this one stays small.
    """
    environment: Mapping[str, str] = {
        **{n: v for n, v in os.environ.items() if wanted(n)},
        "PYTHONPATH": str(HERE.parent / "drift"),
        "DO_NOT_TRACK": "1",
        "NML_DISABLE_USAGE_LOGGING": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    with (work / "log").open("w+") as log:
        started = os.times().elapsed
        process = subprocess.Popen(
            command, cwd=work, env=environment, stdout=log, stderr=log
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = os.times().elapsed - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in EXIT_CODES:
            log.seek(0)
            tell(log.read()[-2000:])
            raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def wanted(variable: str) -> bool:
    """Of the environment, what does not change what is measured."""
    return not variable.startswith(("DRIFTCHECK", "PYTHON"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
