"""Writes a file for `benchmarks.cost`.

python sample_files.py FILE ROWS COLUMNS SEED MOVED
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def write(
    path: Path, rows: int, columns: int, seed: int, effect_significant: float
) -> None:
    """A table of which every fifth column of numbers moved."""
    rng = np.random.default_rng(seed)
    table: dict[str, Any] = {}
    for index in range(columns):
        values = rng.normal(effect_significant * (index % 5 == 0), 1, rows)
        table[f"n{index}"] = np.exp(values) if index % 3 == 2 else values
    for index in range(5):
        codes = rng.integers(0, 10, rows).astype(np.int32)
        names = pa.array([f"category {i}" for i in range(10)])
        table[f"c{index}"] = pa.DictionaryArray.from_arrays(codes, names).cast("string")
    pq.write_table(pa.table(table), path, compression="zstd")


if __name__ == "__main__":
    name, rows, columns, seed, effect_significant = sys.argv[1:]
    write(Path(name), int(rows), int(columns), int(seed), float(effect_significant))
