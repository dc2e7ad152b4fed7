"""The check's verdicts on public data, beside what each should be and why.

    python -m benchmarks.real_data [--vega FOLDER]

Run in the environment of requirements/data.txt: the data come out of installed
packages, and nothing is copied or fetched. Two sets more are read from FOLDER, the
unpacked npm package vega-datasets 3.2.1 (`npm pack vega-datasets@3.2.1`). Windows are
judged as an inference log's are: by the defaults, in order of time. Prints one line a
pair and, last, how many were otherwise than expected; that is also the exit code.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import arch.data.sp500
import arch.data.wti
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from driftcheck.arrow.conversion import dataset_from
from driftcheck.arrow.schema import reference_shape, window_shape
from driftcheck.contract import (
    CheckRequest,
    Features,
    LogSource,
    Reference,
    Verdict,
    WindowGrid,
    WindowVerdict,
)
from driftcheck.dataset import LoadedReference
from driftcheck.judge.verdict import judge
from driftcheck.stats.columns import Order
from driftcheck.windows import Window

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Pair:
    """Two sets of rows, and the verdict that the second should get, with why.

    `expected` is None where the data are too few to expect anything; that is shown.
    """

    name: str
    reference: pa.Table
    current: pa.Table
    expected: Verdict | None
    why: str
    minimum_rows: int = 100


def main(arguments: list[str]) -> int:
    """Print every pair's verdict; returns how many are not the expected one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real_data")
    parser.add_argument("--vega", type=Path, help="the unpacked npm package")
    options = parser.parse_args(arguments)
    print("| data | verdict | drifted | why this is right |\n| --- | --- | --- | --- |")
    wrong = 0
    for pair in pairs(options.vega):
        found = judged(pair)
        right = pair.expected in (None, found.verdict)
        wrong += not right
        mark = "" if right else f" (expected {pair.expected})"
        counts = "-" if found.checked is None else f"{found.drifted} of {found.checked}"
        print(f"| {pair.name} | {found.verdict}{mark} | {counts} | {pair.why} |")
        print(f"{pair.name}: {found.message}; {found.findings}", file=sys.stderr)
    print(f"\n{wrong} otherwise than expected")
    return wrong


def pairs(vega: Path | None) -> Iterator[Pair]:
    """All pairs for which there are data."""
    yield from markets()
    yield from weather()
    yield from temperatures()
    if vega:
        yield from birds(vega / "data" / "birdstrikes.csv")
        yield from flights(vega / "data" / "flights-3m.parquet")


def judged(pair: Pair) -> WindowVerdict:
    """Return the worker's verdict on a pair."""
    names = tuple(pair.reference.column_names)
    features = Features("Columns", names)
    request = CheckRequest(
        name="real-data",
        namespace="benchmark",
        request_fingerprint="none",
        reference=Reference("none"),
        log=LogSource("none", "none", "at", features),
        window_seconds=86400,
        windows=WindowGrid(NOW, 1),
        minimum_rows=pair.minimum_rows,
    )
    before = reference_shape(pair.reference.schema, features)
    reference = dataset_from(pair.reference, before, features, order=Order.REFERENCE)
    kinds = LoadedReference(reference, "").kinds
    after = window_shape(pair.current.schema, features, kinds)
    current = dataset_from(pair.current, after, features, order=Order.TIME)
    window = Window(NOW, NOW + timedelta(days=1), counting=True)
    return judge(request, window, reference, current).verdict


def markets() -> Iterator[Pair]:
    """Ranges, returns and volumes of the S&P 500, and the price of oil, from `arch`."""
    prices = arch.data.sp500.load()
    close = prices["Close"]
    columns = {
        "range": 100 * (prices["High"] - prices["Low"]) / close,
        "return": 100 * np.log(close).diff(),
        "volume": prices["Volume"] / prices["Volume"].rolling(22).mean(),
    }

    def days(first: str, last: str) -> pa.Table:
        return pa.table({n: c[first:last].to_numpy() for n, c in columns.items()})

    quiet = days("2004", "2006")
    yield Pair(
        "S&P 500, 2004 to 2006, then January to June 2007",
        *(quiet, days("2007-01", "2007-06"), Verdict.NO_DRIFT),
        "the same quiet market; its stretches differ no more than they did before",
    )
    yield Pair(
        "S&P 500, 2004 to 2006, then 2008",
        *(quiet, days("2008", "2008"), Verdict.DRIFT),
        "the credit crisis: ranges were three times as wide",
    )
    oil = arch.data.wti.load().dropna()
    before, after = (
        pa.table({"price": oil[first:last].to_numpy().ravel()})
        for first, last in (("1988", "1998"), ("2008", "2008"))
    )
    yield Pair(
        "crude oil, 1988 to 1998, then 2008",
        *(before, after, Verdict.DRIFT),
        "it cost two to seven times what it ever had, the Gulf War left out",
    )


def weather() -> Iterator[Pair]:
    """Seattle's daily weather of 2012 to 2015, from `vega_datasets`."""
    table = csv("seattle-weather.csv")
    dates = np.array(table.column("date").to_pylist(), dtype=np.str_)
    table = table.drop_columns(["date"])
    before = table.filter(pa.array(dates < "2015/"))
    for month in range(1, 13):
        at = np.char.find(dates, f"/{month:02d}/") >= 0
        current = table.filter(pa.array(at & (dates >= "2015/")))
        yield Pair(
            f"Seattle, all of 2012 to 2014, then month {month} of 2015",
            *(before, current, Verdict.NO_DRIFT),
            "a season is a stretch of the reference, which has all seasons",
            minimum_rows=28,
        )
    for month in range(1, 13):
        at = np.char.find(dates, f"/{month:02d}/") >= 0
        yield Pair(
            f"Seattle, month {month} of 2012 to 2014, then of 2015",
            table.filter(pa.array(at & (dates < "2015/"))),
            table.filter(pa.array(at & (dates >= "2015/"))),
            None,
            "three months are too short to know its variation: shown, not judged",
            minimum_rows=28,
        )
    yield halves("Seattle, random halves", table)


def temperatures() -> Iterator[Pair]:
    """San Francisco's hourly temperatures of 2010, from `vega_datasets`."""
    table = csv("sf-temps.csv")
    hours = table.num_rows
    table = table.select(["temp"])
    yield Pair(
        "San Francisco, all hours but July's, then July",
        pa.concat_tables([table.slice(0, hours // 2), table.slice(hours * 7 // 12)]),
        table.slice(hours // 2, hours // 12),
        Verdict.NO_DRIFT,
        "July lies between June and August, which the reference has",
    )
    celsius = pa.table({"temp": (table.column("temp").to_numpy() - 32) / 1.8})
    yield Pair(
        "San Francisco, in Fahrenheit, then a month in Celsius",
        *(table, celsius.slice(0, 720), Verdict.DRIFT),
        "another unit is further away than any season",
    )
    yield halves("San Francisco, random halves", table)


def birds(path: Path) -> Iterator[Pair]:
    """Collisions of aircraft with birds, 1990 to 2002 (US aviation administration)."""
    table = pa.csv.read_csv(path)
    table = table.sort_by("Flight Date")
    years = np.array([date.year for date in table.column("Flight Date").to_pylist()])
    table = table.drop_columns(["Flight Date"])
    first = table.filter(pa.array(years <= 1993))
    last = table.filter(pa.array(years >= 2000))
    yield Pair(
        "birdstrikes, 1990 to 1993, then 2000 to 2002",
        *(first, last, Verdict.DATA_QUALITY),
        "speeds are missing twice as often, which comes before the drift beside it",
    )
    yield halves("birdstrikes, random halves", table)


def flights(path: Path) -> Iterator[Pair]:
    """Domestic flights of January to June 2001 (US Department of Transportation)."""
    table = pa.parquet.read_table(path)
    months = np.array([date.month for date in table.column("date").to_pylist()])
    table = table.drop_columns(["date"])
    rng = np.random.default_rng(1)

    def month(number: int, most: int) -> pa.Table:
        rows = np.flatnonzero(months == number)
        chosen = rng.choice(rows, min(most, rows.size), replace=False)
        return table.take(pa.array(np.sort(chosen)))

    january = month(1, 100_000)
    for number in (2, 4, 6):
        yield Pair(
            f"flights, January, then month {number} of 2001",
            *(january, month(number, 100_000), Verdict.NO_DRIFT),
            "the same network; delays differ a little with the season",
        )
    yield Pair(
        "flights, January, then the six flights of 1 July",
        *(january, month(7, 100_000), Verdict.INCONCLUSIVE),
        "six rows say nothing",
    )


def halves(name: str, table: pa.Table) -> Pair:
    """Return the rows dealt out by chance: there is nothing to find."""
    order = np.random.default_rng(7).permutation(table.num_rows)
    middle = table.num_rows // 2
    return Pair(
        name,
        table.take(pa.array(order[:middle])),
        table.take(pa.array(order[middle:])),
        Verdict.NO_DRIFT,
        "both halves are one data set",
    )


def csv(name: str) -> pa.Table:
    """Return a file that `vega_datasets` ships."""
    content = (files("vega_datasets") / "_data" / name).read_bytes()
    return pa.csv.read_csv(BytesIO(content))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
