"""What no check can do without; run by `benchmarks.cost`: numpy and pyarrow alone.

python floor_side.py FILE...     decodes each column of each file and sorts it
"""

import os
import sys

from driftcheck.numpy_dispatch import choose_sort

choose_sort(os.environ)

import numpy as np  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402


def main(paths: list[str]) -> None:
    """Decode and sort; columns of text are decoded as they are stored."""
    for path in paths:
        schema = pq.read_schema(path)
        texts = [name for name in schema.names if schema.field(name).type == "string"]
        file = pq.ParquetFile(path, read_dictionary=texts, pre_buffer=False)
        for name in schema.names:
            column = file.read(columns=[name], use_threads=False).column(0)
            if name not in texts:
                for chunk in column.chunks:
                    np.sort(np.frombuffer(chunk.buffers()[1], np.float64, len(chunk)))


if __name__ == "__main__":
    main(sys.argv[1:])
