"""Segments: one country's drift is found and named, none is dropped."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck import contract as c
from driftcheck.__main__ import main
from driftcheck.contract import SegmentRule
from driftcheck.dataset import Segments, segments_of
from driftcheck.judge.segments import request_of_segment
from tests.unit.driftcheck.samples import (
    request,
)

COUNTRIES = [f"C{place}" for place in range(20)]
SEGMENTED = "--reference", "r.parquet", "--current", "c.parquet", "--segment", "country"


def write(name: str, seed: int, rows: int, shifted: str = "", shift: float = 1) -> None:
    """Rows of twenty countries; in one of them the price is shifted."""
    random = np.random.default_rng(seed)
    countries = np.array(COUNTRIES * (rows // 20))
    columns = {f"x{place}": random.normal(size=rows) for place in range(4)}
    price = random.normal(size=rows) + shift * (countries == shifted)
    table = pa.table({"country": countries, "price": price, **columns})
    pq.write_table(table, name)


def answer(capsys: pytest.CaptureFixture[str], *more: str) -> c.WindowVerdict:
    """The verdict of a segmented check by hand."""
    main([*SEGMENTED, *more, "--json", "answer.json"], {})
    capsys.readouterr()
    return c.decode(Path("answer.json").read_bytes()).windows[0]


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place for the files."""
    monkeypatch.chdir(tmp_path)


def test_diluted_drift_is_found_and_its_segment_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A shift by 1 sd in one of twenty countries is NoDrift whole, Drift segmented."""
    write("r.parquet", 1, 10_000)
    write("c.parquet", 2, 6000, "C3")
    assert main([*SEGMENTED[:4], "--critical", "price"], {}) == 0
    found = answer(capsys, "--critical", "price")
    assert found.verdict is c.Verdict.DRIFT
    assert found.reason == "SegmentDrifted"
    assert found.message.startswith("country=C3: critical column price")
    assert found.kinds == (c.Kind.COVARIATE,)
    main([*SEGMENTED, "--critical", "price"], {})
    assert "country=C3, 300 rows: critical column price" in capsys.readouterr().out
    assert [f for f in found.findings if "country" in f] == [
        "SegmentDrifted: country=C3"
    ]


def test_share_of_columns_counts_within_the_segment(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One of five columns is a share of 20 per cent of its segment."""
    write("r.parquet", 1, 10_000)
    write("c.parquet", 2, 6000, "C3")
    assert answer(capsys).verdict is c.Verdict.NO_DRIFT
    found = answer(capsys, "--drifted-columns-percent", "20")
    assert found.message.startswith("country=C3: 1 of 5 columns drifted")


def test_small_segments_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Segments with too few rows and those beyond the maximum are findings."""
    write("r.parquet", 1, 10_000)
    write("c.parquet", 2, 6000)
    table = pq.read_table("c.parquet")
    keep = pa.compute.not_equal(table["country"], "C0")
    pq.write_table(table.filter(keep), "c.parquet")
    found = answer(capsys, "--segment-maximum", "4")
    assert found.verdict is c.Verdict.NO_DRIFT
    assert "SegmentInconclusive: country=C0 (NotEnoughRows)" in found.findings
    assert "SegmentsLeftOut: 16 of country" in found.findings


def test_undrifted_segments_are_not_drift(capsys: pytest.CaptureFixture[str]) -> None:
    """Of 8 undrifted windows with twenty segments each none is Drift."""
    write("r.parquet", 1, 10_000)
    for seed in range(8):
        write("c.parquet", 100 + seed, 4000)
        assert answer(capsys, "--critical", "price").verdict is c.Verdict.NO_DRIFT


def test_sampled_rows_keep_their_segments(capsys: pytest.CaptureFixture[str]) -> None:
    """Of more rows than are read, the sample's rows are still told apart rightly."""
    write("r.parquet", 1, 10_000)
    write("c.parquet", 2, 120_000, "C3", shift=3)
    found = answer(capsys, "--critical", "price")
    assert [f for f in found.findings if f.startswith("SegmentDrifted")] == [
        "SegmentDrifted: country=C3"
    ]


def test_the_largest_of_the_reference_are_taken() -> None:
    """The largest are taken, the rest is counted; of these some are too small."""
    rule = SegmentRule("country", minimum_rows=10, maximum=2)
    found = segments_of(rule, {"a": 5, "b": 50, "c": 9})
    assert found == Segments(("b",), ("c",), 1)


def test_segments_share_half_of_the_significance() -> None:
    """Ten segments are judged at a twentieth of the significance each."""
    asked = request_of_segment(request(significance=0.05), SegmentRule("s", 70), 10)
    assert asked.significance == pytest.approx(0.0025)
    assert asked.minimum_rows == 70


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--segment", "nowhere"], "it has no column nowhere to segment"),
        (["--engine", "Evidently"], "segments: only the engine Native judges those"),
        (["--segment-maximum", "0"], "segments.maximum: must be at least 1"),
        (["--reference", "r.profile.npz"], "not its profile"),
    ],
)
def test_what_cannot_be_segmented_is_refused(
    more: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong segment is a clear message and no verdict."""
    write("r.parquet", 1, 1000)
    write("c.parquet", 2, 1000)
    assert main([*SEGMENTED, *more], {}) in (1, 2)
    assert said in capsys.readouterr().err
