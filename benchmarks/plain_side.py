"""The scores that Evidently computes, by our arithmetic; run by `benchmarks.cost`.

python plain_side.py all        all rows of both files: Evidently's own values
python plain_side.py profile    the same kinds of scores from a kept profile
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from driftcheck.contract.reasons import Reason
from driftcheck.numpy_dispatch import choose_sort

choose_sort(os.environ)

from benchmarks.evidently_scores import plain_default  # noqa: E402
from driftcheck.arrow.arrays import is_text, plain_type  # noqa: E402
from driftcheck.arrow.conversion import column_from  # noqa: E402
from driftcheck.stats.columns import (  # noqa: E402
    Column,
    ColumnKind,
    Numbers,
    Order,
    ReferenceHistogram,
)
from driftcheck.stats.distance import normed_wasserstein_distance  # noqa: E402
from driftcheck.stats.histogram import binned_distances, histogram_of  # noqa: E402
from driftcheck.storage.parquet import ParquetTable, open_table, read_files  # noqa: E402

REFERENCE, CURRENT = "reference.parquet", "current.parquet"
PROFILE = "reference.profile.npz"


def main(form: str) -> None:
    """Write each column's score by the method that Evidently would pick."""
    scores = from_profile() if form == "profile" else from_all_rows()
    Path(f"ours.{form}.json").write_text(json.dumps(dict(scores)))


def from_all_rows() -> Iterator[tuple[str, float]]:
    """One column of both sides at a time."""
    reference, current = table(REFERENCE), table(CURRENT)
    for name in reference.names:
        before, after = column(reference, name), column(current, name)
        yield name, plain_default(before, after)


def from_profile() -> Iterator[tuple[str, float]]:
    """Clipped, as profiles are; the reference's file is not touched."""
    from driftcheck.reference.profile import read_profile

    current = table(CURRENT)
    profile = read_profile(PROFILE, os.environ)
    for name, before in profile.reference.dataset.columns.items():
        yield name, clipped_score(before, column(current, name))


def clipped_score(before: Column, after: Column) -> float:
    """Return the Wasserstein distance in deviations, or the Jensen-Shannon distance."""
    if isinstance(before, ReferenceHistogram) and isinstance(after, Numbers):
        return binned_distances(before, histogram_of(before, after))[1]
    if isinstance(before, Numbers) and isinstance(after, Numbers):
        return normed_wasserstein_distance(before.values, after.values)
    return plain_default(before, after)


def table(path: str) -> ParquetTable:
    """Return a file of which all rows are read."""
    opened = read_files(path, Reason.REFERENCE_UNREADABLE, os.environ)
    return open_table(opened, {*()}, maximum_rows=sys.maxsize)


def column(source: ParquetTable, name: str) -> Column:
    """One column, sorted or counted."""
    text = is_text(plain_type(source.schema.field(name).type))
    kind = ColumnKind.CATEGORY if text else ColumnKind.NUMBER
    return column_from(source.column(name), kind, Order.UNKNOWN)


if __name__ == "__main__":
    main(sys.argv[1])
