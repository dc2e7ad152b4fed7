"""Write the story's data as Parquet files: `python -m story.files FOLDER`.

Needs NumPy and pyarrow, as the check does, and the price files of the package `arch`.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from .market import CALM, FEATURES, TRAINING, TURN, rows

FILES = {
    "2004-to-2006.parquet": TRAINING,
    "2007-january-to-june.parquet": CALM,
    "2008-january-to-june.parquet": TURN,
}


def main() -> int:
    """Write one file for each stretch, one row for each index and trading day."""
    parser = argparse.ArgumentParser(prog="python -m story.files", description=__doc__)
    parser.add_argument("folder", type=Path, help="created if it is missing")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, stretch in FILES.items():
        values = np.array([row.features for row in rows(stretch)])
        table = pa.table(dict(zip(FEATURES, values.T, strict=True)))
        pyarrow.parquet.write_table(table, folder / name)
        print(f"{folder / name}: {table.num_rows} rows of {table.num_columns} columns")
    return 0


if __name__ == "__main__":
    sys.exit(main())
