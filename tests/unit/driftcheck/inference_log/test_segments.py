"""Segments of inference logs, and of references that were reduced before."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck.check.run import run_check
from driftcheck.contract import (
    CheckRequest,
    ColumnRule,
    ContractError,
    Features,
    LogSource,
    Reference,
    SegmentRule,
    Verdict,
    WindowVerdict,
    decode_request,
    encode_request,
)
from driftcheck.report.text import text_report
from tests.unit.driftcheck.inference_log.log_samples import duckdb_log, one_file
from tests.unit.driftcheck.samples import ANCHOR, request

ODD = "x'; DROP TABLE t --"
COUNTRIES = np.array(["DE", "FR", "IT", ODD, "ÅL"])
NOW = ANCHOR + timedelta(days=1, hours=1)
Make = Callable[..., LogSource]
BOTH = pytest.mark.parametrize("make", [one_file, duckdb_log])


def table(seed: int, rows: int, shifted: str = "", **more: Any) -> pa.Table:
    """A day's rows of five countries, in one of which the price is shifted by 1 sd."""
    random = np.random.default_rng(seed)
    countries = random.choice(COUNTRIES, rows, p=[0.4, 0.3, 0.15, 0.05, 0.1])
    return pa.table(
        {
            "at": pa.array(
                [ANCHOR + timedelta(days=i / rows) for i in range(rows)],
                pa.timestamp("us", "UTC"),
            ),
            "country": countries,
            "number": pa.array(np.searchsorted(np.unique(COUNTRIES), countries)),
            "german": pa.array(countries == "DE"),
            "price": random.normal(size=rows) + (countries == shifted),
            "age": random.normal(size=rows),
            **more,
        }
    )


def asked(log: LogSource, reference: Path, rule: SegmentRule) -> CheckRequest:
    """A request for that day, price being critical."""
    features = Features("Columns", ("price", "age", "country"))
    log = replace(log, features=features, label_column=None, lag_seconds=0)
    found = request(columns=(ColumnRule("price", critical=True),), interim=False)
    uri = Reference(str(reference))
    return replace(found, log=log, reference=uri, segments=rule)


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """A reference of 10,000 rows."""
    path = tmp_path / "reference.parquet"
    pq.write_table(table(1, 10_000), path)
    return path


def verdict(
    asked: CheckRequest, environment: dict[str, str] | None = None
) -> WindowVerdict:
    """The day's verdict, of a request that has travelled to the worker."""
    sent = decode_request(encode_request(asked))
    (found,) = run_check(sent, None, NOW, environment).answer.windows
    return found


@BOTH
def test_a_segment_of_a_log_is_judged_by_its_own_rows(
    make: Make, reference: Path, tmp_path: Path
) -> None:
    """Drift in one of five is found and named, whatever its name tries to be."""
    log = make(tmp_path, table(2, 6000, ODD))
    whole = asked(log, reference, SegmentRule("country"))
    assert verdict(replace(whole, segments=None)).verdict is Verdict.NO_DRIFT
    found = verdict(whole)
    assert (found.verdict, found.reason) == (Verdict.DRIFT, "SegmentDrifted")
    assert found.message.startswith(f"country={ODD}: critical column price")
    named = [f for f in found.findings if f.startswith("SegmentDrifted")]
    assert named == [f"SegmentDrifted: country={ODD}"]


@BOTH
@pytest.mark.parametrize("column", ["number", "german"])
def test_whole_numbers_and_booleans_make_segments(
    column: str, make: Make, reference: Path, tmp_path: Path
) -> None:
    """Their values are found in the log as they are in the reference."""
    log = make(tmp_path, table(2, 6000, "DE"))
    found = verdict(asked(log, reference, SegmentRule(column)))
    value = {"number": "0", "german": "true"}[column]
    assert f"SegmentDrifted: {column}={value}" in found.findings
    assert not any("Inconclusive" in finding for finding in found.findings)


@BOTH
def test_an_undrifted_log_has_no_drifted_segment(
    make: Make, reference: Path, tmp_path: Path
) -> None:
    """Nor is a country's own column a constant that drifted within it."""
    found = verdict(
        asked(make(tmp_path, table(2, 6000)), reference, SegmentRule("country"))
    )
    assert found.verdict is Verdict.NO_DRIFT
    assert found.findings == ()


@BOTH
def test_a_segment_that_has_nearly_gone_is_named_and_decides_nothing(
    make: Make, reference: Path, tmp_path: Path
) -> None:
    """Fifty rows of a hundred that are needed: Inconclusive there, the rest judged."""
    rows = table(2, 6000, "DE")
    gone = np.flatnonzero(np.array(rows["country"].to_pylist()) == "ÅL")[50:]
    kept = np.setdiff1d(np.arange(6000), gone)
    log = make(tmp_path, rows.take(pa.array(kept)))
    found = verdict(asked(log, reference, SegmentRule("country")))
    assert "SegmentInconclusive: country=ÅL (NotEnoughRows)" in found.findings
    assert "SegmentDrifted: country=DE" in found.findings


def test_the_reference_is_read_once_and_its_segments_kept(
    reference: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its digest pinned a later check needs no reference, and says the same."""
    log = one_file(tmp_path, table(2, 6000, ODD))
    first = asked(log, reference, SegmentRule("country"))
    keep = {"DRIFTCHECK_PROFILES": str(tmp_path / "kept")}
    check = run_check(first, None, NOW, keep)
    assert {path.suffix for path in (tmp_path / "kept").iterdir()} == {".npz", ".zip"}
    reference.unlink()
    sha256 = check.answer.reference_sha256
    pinned = replace(first, reference=Reference(str(reference), sha256))
    again = run_check(pinned, None, NOW, keep)
    assert again.answer == check.answer
    assert again.answer.windows[0].reason == "SegmentDrifted"
    assert f"country={ODD}" in text_report(again)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("broken", ["cut", "other"])
def test_kept_segments_that_are_damaged_are_made_anew(
    broken: str, reference: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They cost a reading of the reference, and no verdict."""
    log = one_file(tmp_path, table(2, 6000, "IT"))
    first = asked(log, reference, SegmentRule("country"))
    keep = {"DRIFTCHECK_PROFILES": str(tmp_path / "kept")}
    whole = run_check(first, None, NOW, keep).answer
    (kept,) = (tmp_path / "kept").glob("*.segments.zip")
    good = kept.read_bytes()
    kept.write_bytes(good[: len(good) // 2] if broken == "cut" else b"no zip")
    assert run_check(first, None, NOW, keep).answer == whole
    assert "and is made anew" in capsys.readouterr().err
    assert kept.read_bytes() == good


def test_another_rule_has_segments_of_its_own(reference: Path, tmp_path: Path) -> None:
    """What was kept for one rule is not taken for another's."""
    log = one_file(tmp_path, table(2, 6000))
    keep = {"DRIFTCHECK_PROFILES": str(tmp_path / "kept")}
    for maximum, left in (2, 3), (4, 1):
        rule = SegmentRule("country", maximum=maximum)
        found = verdict(asked(log, reference, rule), keep)
        assert f"SegmentsLeftOut: {left} of country" in found.findings


@pytest.mark.parametrize(
    ("column", "reason", "said"),
    [
        ("nowhere", "ReferenceUnreadable", "it has no column nowhere to segment"),
        ("price", "ReferenceUnreadable", "a column of double makes no segments"),
        ("only", "MissingColumn", "there is no column only"),
    ],
)
def test_a_column_that_makes_no_segments_is_an_error(
    column: str, reason: str, said: str, tmp_path: Path
) -> None:
    """Neither a NoDrift of the whole nor of segments that nobody looked at."""
    path = tmp_path / "other.parquet"
    pq.write_table(table(1, 10_000, only=COUNTRIES.repeat(2000)), path)
    log = one_file(tmp_path, table(2, 6000))
    found = verdict(asked(log, path, SegmentRule(column)))
    assert (found.verdict, found.reason) == (Verdict.ERROR, reason)
    assert said in found.message


def test_evidently_judges_no_segments(reference: Path, tmp_path: Path) -> None:
    """Its engine has another meaning of significance: such a request is refused."""
    log = one_file(tmp_path, table(2, 200))
    odd = replace(asked(log, reference, SegmentRule("country")), engine="Evidently")
    with pytest.raises(ContractError, match="only the engine Native"):
        decode_request(encode_request(odd))
