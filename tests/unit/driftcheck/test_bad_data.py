"""Every row of docs/bad-data.md is what the worker really answers."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck.check.run import run_check
from driftcheck.contract import (
    CheckRequest,
    Features,
    LogSource,
    Reference,
    WindowGrid,
    WindowVerdict,
)

PAGE = Path(__file__).resolve().parents[3] / "docs" / "bad-data.md"
NOW = datetime(2026, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Place:
    """A reference and a folder of logs, both good until a case breaks them."""

    path: Path

    @property
    def reference(self) -> Path:
        """The reference's file."""
        return self.path / "reference.parquet"

    @property
    def log(self) -> Path:
        """The log's file."""
        return self.path / "log" / "a.parquet"

    def write(self, name: str = "a", **columns: Any) -> None:
        """Write a file of the log with other columns in place of the good ones."""
        good = {name: good_table(2)[name] for name in ("at", "price", "kind")}
        given = {k: v for k, v in {**good, **columns}.items() if v is not None}
        pq.write_table(pa.table(given), self.path / "log" / f"{name}.parquet")


def good_table(seed: int, rows: int = 1000) -> pa.Table:
    """A day of calm rows."""
    random = np.random.default_rng(seed)
    times = [NOW - DAY + i * DAY / rows for i in range(rows)]
    return pa.table(
        {
            "at": pa.array(times, pa.timestamp("us", "UTC")),
            "price": random.normal(20, 5, rows),
            "kind": random.choice(["a", "b"], rows),
        }
    )


def cut(path: Path) -> None:
    """Leave half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def zones(place: Place, *kinds: pa.DataType) -> None:
    """A file of the log for each type of time."""
    for number, kind in enumerate(kinds):
        place.write(f"file-{number}", at=good_table(2)["at"].cast(kind))


def many_texts(place: Place) -> None:
    """A million rows, each with a text of its own."""
    table = good_table(2)
    repeated = {
        name: pa.concat_arrays(table[name].chunks * 1000) for name in ("at", "price")
    }
    place.write(**repeated, kind=[f"id-{i}" for i in range(1_000_000)])


def twice(place: Place) -> None:
    """Two columns called price."""
    table = good_table(2)
    pq.write_table(table.append_column("price", table["price"]), place.log)


HUGE = np.tile([1e308, -1e308], 500)
INFINITE = np.where(
    np.arange(1000) % 10 == 0, np.inf, good_table(2)["price"].to_numpy()
)
CASES: dict[str, Callable[[Place], Any]] = {
    "a column is missing in the window": lambda p: p.write(price=None),
    "a column was added": lambda p: p.write(more=range(1000)),
    "a number became a text": lambda p: p.write(price=["1"] * 1000),
    "a number became a list": lambda p: p.write(price=[[1.0]] * 1000),
    "a column is all null": lambda p: p.write(price=pa.nulls(1000, pa.float64())),
    "a column is all NaN": lambda p: p.write(price=np.full(1000, np.nan)),
    "a tenth of a column is infinite": lambda p: p.write(price=INFINITE),
    "values of 1e308 and -1e308": lambda p: p.write(price=HUGE),
    "a million different texts": many_texts,
    "two columns of one name": twice,
    "no rows in the window": lambda p: pq.write_table(good_table(2)[:0], p.log),
    "window and reference are the same": lambda p: pq.write_table(good_table(1), p.log),
    "all rows are identical": lambda p: p.write(price=[20.0] * 1000, kind=["a"] * 1000),
    "the reference has no rows": lambda p: pq.write_table(
        good_table(1)[:0], p.reference
    ),
    "the reference is no parquet": lambda p: p.reference.write_text("a,b\n1,2\n"),
    "the reference is cut off": lambda p: cut(p.reference),
    "the reference changed at its address": lambda p: pq.write_table(
        good_table(3), p.reference
    ),
    "the reference is gone": lambda p: p.reference.unlink(),
    "the log is gone": lambda p: p.log.unlink(),
    "the log is no parquet": lambda p: p.log.write_text("a,b\n1,2\n"),
    "times are texts": lambda p: p.write(at=["2026-01-02"] * 1000),
    "files with three time zones": lambda p: zones(
        p,
        pa.timestamp("us", "Asia/Kolkata"),
        pa.timestamp("us", "America/New_York"),
    ),
    "some files have times without a zone": lambda p: zones(p, pa.timestamp("us")),
}


def rows() -> dict[str, tuple[str, str, int]]:
    """The page's rows: verdict, reason and columns compared, by input."""
    table = PAGE.read_text().split("<!-- rows")[1].split("\n## ")[0]
    row = r"^\| (.+?) \| (\w+) \| (\w+) \| (\d) \| .+ \|$"
    found = re.findall(row, table, re.MULTILINE)
    return {name: (verdict, reason, int(n)) for name, verdict, reason, n in found}


def judged(place: Place, pinned: str) -> WindowVerdict:
    """The worker's verdict on the last day."""
    features = Features("Columns", ("price", "kind"))
    log = LogSource("", "", "at", features, lag_seconds=0, type="Files")
    request = CheckRequest(
        name="churn",
        namespace="ml",
        request_fingerprint="hash",
        reference=Reference(str(place.reference), pinned),
        log=replace(log, uri=str(place.log.parent)),
        window_seconds=86400,
        windows=WindowGrid(NOW + DAY, 1),
    )
    return run_check(request, None, NOW).answer.windows[-1]


@pytest.mark.parametrize("name", list(rows()))
def test_the_page_says_what_the_worker_answers(tmp_path: Path, name: str) -> None:
    """Verdict, reason and how many columns were compared in spite of it."""
    place = Place(tmp_path)
    place.log.parent.mkdir()
    pq.write_table(good_table(1), place.reference)
    place.write()
    calm = judged(place, "")
    assert (calm.verdict, calm.checked) == ("NoDrift", 2)
    from driftcheck.reference.load import load_reference

    features = Features("Columns", ("price", "kind"))
    before = load_reference(str(place.reference), features, {}).sha256
    CASES[name](place)
    keep = before if name == "the reference changed at its address" else ""
    found = judged(place, keep)
    assert (found.verdict, found.reason, found.checked or 0) == rows()[name]


def test_every_case_is_on_the_page() -> None:
    """No input is tested that the page does not speak of, and none the other way."""
    assert sorted(rows()) == sorted(CASES)
