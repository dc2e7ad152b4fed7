"""What a check costs: CPU seconds and peak memory, beside Evidently, in one run.

    python -m benchmarks.cost [--rows 1000 10000 100000] [--columns 10 50]

Each figure is of a whole process, start and imports included, reading both sides from
zstd parquet: k columns of numbers and 5 of categories. Prints the table of
docs/verdict.md. Evidently gets an environment of its own. Ten minutes, mostly its.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dev.environments import ensure_environment

HERE = Path(__file__).resolve().parent
OURS = "-m", "driftcheck", "--reference", "reference.parquet"
EXIT_CODES = (0, 10)


@dataclass(frozen=True)
class Cost:
    """Of one process: CPU seconds of user and system, peak resident megabytes."""

    cpu: float
    megabytes: float

    def __str__(self) -> str:
        return f"{self.cpu:.2f} s, {self.megabytes:.0f} MB"


def main(arguments: list[str]) -> int:
    """Print the table, one line for each size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cost")
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--columns", type=int, nargs="+", default=[10, 50])
    options = parser.parse_args(arguments)
    evidently = ensure_environment("evidently", tell) / "bin" / "python"
    ours = ensure_environment("worker", tell) / "bin" / "python"
    print("| rows x columns | Evidently preset | its cheapest form | our verdict "
          "| with a profile | Evidently's scores only | preset / verdict "
          "| preset / profile |")  # fmt: skip
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for rows in options.rows:
        for columns in options.columns:
            line = measure(rows, columns, str(evidently), str(ours))
            print(f"| {rows:,} x {columns} | {line} |", flush=True)
    return 0


def tell(line: str) -> None:
    """Progress, apart from the table."""
    print(line, file=sys.stderr)


def measure(rows: int, columns: int, evidently: str, ours: str) -> str:
    """One line of the table."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        write(work / "reference.parquet", rows, columns, 1, 0.0)
        write(work / "current.parquet", rows, columns, 2, 0.3)
        side = str(HERE / "evidently_side.py")
        preset = cost([evidently, side, "preset"], work)
        count = cost([evidently, side, "count"], work)
        check = [ours, *OURS, "--current", "current.parquet"]
        full = cost(check, work)
        cost([*check, "--profile", "profiles"], work)
        kept = cost([*check, "--profile", "profiles"], work)
        plain = cost([ours, str(HERE / "plain_side.py")], work)
    ratios = f"{preset.cpu / full.cpu:.0f} | {preset.cpu / kept.cpu:.0f}"
    return f"{preset} | {count} | {full} | {kept} | {plain} | {ratios}"


def write(path: Path, rows: int, columns: int, seed: int, moved: float) -> None:
    """A table of which every fifth column of numbers moved."""
    rng = np.random.default_rng(seed)
    table: dict[str, Any] = {}
    for index in range(columns):
        values = rng.normal(moved * (index % 5 == 0), 1, rows)
        table[f"n{index}"] = np.exp(values) if index % 3 == 2 else values
    for index in range(5):
        codes = rng.integers(0, 10, rows).astype(np.int32)
        names = pa.array([f"category {i}" for i in range(10)])
        table[f"c{index}"] = pa.DictionaryArray.from_arrays(codes, names).cast("string")
    pq.write_table(pa.table(table), path, compression="zstd")


def cost(command: Sequence[str], work: Path) -> Cost:
    """Run a process to its end, on one thread; CalledProcessError if it fails."""
    environment: Mapping[str, str] = {
        **{n: v for n, v in os.environ.items() if not n.startswith("DRIFTCHECK")},
        "PYTHONPATH": str(HERE.parent / "drift"),
        "DO_NOT_TRACK": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    with (work / "log").open("w+") as log:
        process = subprocess.Popen(
            command, cwd=work, env=environment, stdout=log, stderr=log
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in EXIT_CODES:
            log.seek(0)
            tell(log.read()[-2000:])
            raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
