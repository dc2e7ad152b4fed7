"""Files that hide, repeat or expand their columns."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck.contract import Features
from driftcheck.errors import CheckFailure
from driftcheck.inference_log import single_file
from driftcheck.reference import load
from driftcheck.stats.columns import Dataset
from tests.unit.driftcheck.samples import (
    judged,
    normal,
)

FEATURES = Features("Columns", ("a",))


def written(path: Path, *columns: tuple[str, Any]) -> str:
    """A parquet file of these columns."""
    table = pa.table([values for _, values in columns], [name for name, _ in columns])
    pq.write_table(table, path)
    return str(path)


def test_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    """Which of the two would be meant cannot be known; others may be double."""
    a, b = pa.array(normal(1, 500)), pa.array(normal(2, 500))
    double = written(tmp_path / "double.parquet", ("a", a), ("a", b))
    with pytest.raises(CheckFailure, match="2 columns named a"):
        load.load_reference(double, FEATURES, {})
    other = written(tmp_path / "other.parquet", ("a", a), ("b", a), ("b", b))
    assert load.load_reference(other, FEATURES, {}).dataset.rows == 500


def loaded(tmp_path: Path, *columns: tuple[str, Any]) -> Dataset:
    """A window file against a reference that has only the column a."""
    reference = written(tmp_path / "r.parquet", ("a", pa.array(normal(1, 500))))
    current = written(tmp_path / "c.parquet", *columns)
    return single_file.load_window(
        current, FEATURES, load.load_reference(reference, FEATURES, {}), {}
    )


def test_an_added_column_is_a_remark(tmp_path: Path) -> None:
    """The rest is compared as if it were not there."""
    found = loaded(tmp_path, ("a", pa.array(normal(1, 500))), ("b", pa.nulls(500)))
    assert [str(finding) for finding in found.findings] == ["AddedColumn: b"]
    assert not found.findings[0].data_quality


def test_a_file_that_expands_a_thousandfold_is_refused(tmp_path: Path) -> None:
    """Two gigabytes of one value in a few kilobytes never get into memory."""
    path = tmp_path / "bomb.parquet"
    text = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(1_000_000, np.int32)), pa.array(["x" * 100])
    )
    schema = pa.schema({"a": pa.string()})
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=False) as w:
        for _ in range(12):
            w.write_table(pa.table({"a": text.cast(pa.string())}, schema=schema))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(CheckFailure, match="bytes is over"):
        load.load_reference(str(path), FEATURES, {})


def test_a_file_of_runs_that_expand_is_refused(tmp_path: Path) -> None:
    """A gigabyte of equal values fits in a megabyte; its rows tell."""
    path, rows = tmp_path / "runs.parquet", 2**24
    falses = pa.Array.from_buffers(pa.bool_(), rows, [None, pa.py_buffer(bytes(2**21))])
    with pq.ParquetWriter(path, pa.schema({"a": pa.bool_()})) as writer:
        for _ in range(9):
            writer.write_table(pa.table({"a": falses}))
    assert path.stat().st_size < 2_000_000
    with pytest.raises(CheckFailure, match="rows are more than 134217728"):
        load.load_reference(str(path), FEATURES, {})


@pytest.mark.parametrize("cut", [4, 12, 40, 300])
def test_a_truncated_file_is_unreadable(tmp_path: Path, cut: int) -> None:
    """Half a file is no smaller reference."""
    whole_file = Path(written(tmp_path / "a.parquet", ("a", pa.array(normal(1, 500)))))
    whole_file.write_bytes(whole_file.read_bytes()[:-cut])
    with pytest.raises(CheckFailure) as caught:
        load.load_reference(str(whole_file), FEATURES, {})
    assert caught.value.reason == "ReferenceUnreadable"


def test_a_million_different_strings_are_an_identifier(tmp_path: Path) -> None:
    """They are sampled, unchecked, and said to be so."""
    ids = pa.array([f"{i:032d}" for i in range(1_000_000)])
    path = written(tmp_path / "ids.parquet", ("a", ids))
    reference = load.load_reference(path, FEATURES, {})
    assert (reference.dataset.rows, reference.dataset.sampled) == (1_000_000, 100_000)
    verdict = judged({"a": ids[:2000]}, {"a": ids[:500]}).verdict
    assert verdict.reason == "NothingChecked"
    assert verdict.findings == ("Unchecked: a",)
