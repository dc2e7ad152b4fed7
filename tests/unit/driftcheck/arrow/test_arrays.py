"""Arrow columns as numpy arrays."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftcheck.arrow.arrays import codes_of, floats_of
from driftcheck.arrow.conversion import column_from, numbers_from
from driftcheck.stats.columns import Categories, ColumnKind

REPOSITORY = Path(__file__).resolve().parents[4]
TYPES = [pa.float64(), pa.float32(), pa.int8(), pa.uint64(), pa.decimal128(9, 1)]


@given(
    values=st.lists(st.none() | st.integers(0, 100), max_size=40),
    kind=st.sampled_from(TYPES),
    cut=st.integers(0, 40),
)
def test_numbers_keep_order_and_lose_nulls(
    values: list[int | None], kind: pa.DataType, cut: int
) -> None:
    """Whatever the type, and wherever a chunk begins inside its buffers."""
    array = pa.array(values, kind)
    chunks = pa.chunked_array([array.slice(cut), array.slice(0, cut)], kind)
    found, nulls = floats_of(chunks)
    expected = [v for v in (*values[cut:], *values[:cut]) if v is not None]
    assert found.tolist() == expected
    assert nulls == len(values) - len(expected)


def test_encoded_numbers_are_numbers() -> None:
    """A dictionary of integers is read as its integers."""
    array = pa.chunked_array([pa.array([3, None, 3, 1]).dictionary_encode()])
    assert floats_of(array)[0].tolist() == [3, 3, 1]


@given(
    values=st.lists(st.none() | st.sampled_from(["a", "b", "ü", ""]), max_size=30),
    encoded=st.booleans(),
    cut=st.integers(0, 30),
)
def test_categories_are_counted(
    values: list[str | None], encoded: bool, cut: int
) -> None:
    """Encoded or not, over chunks with dictionaries of their own."""
    array = pa.array(values, pa.string())
    parts = [array.slice(cut), array.slice(0, cut)]
    if encoded:
        parts = [part.dictionary_encode() for part in parts]
    chunks = pa.chunked_array(parts)
    codes, names = codes_of(chunks)
    ordered = [*values[cut:], *values[:cut]]
    assert [names[code] for code in codes] == [v for v in ordered if v is not None]
    column = column_from(chunks, ColumnKind.CATEGORY)
    assert isinstance(column, Categories)
    expected = {v: values.count(v) for v in values if v is not None}
    assert (column.counts, column.nulls) == (expected, values.count(None))


@pytest.mark.parametrize("kind", [pa.bool_(), pa.int16(), pa.large_string(), pa.null()])
def test_other_types_can_be_categories(kind: pa.DataType) -> None:
    """Truth values and whole numbers are counted by their spelling."""
    array = pa.chunked_array([pa.array([None, None], kind)])
    assert codes_of(array)[0].size == 0
    if kind == pa.bool_():
        codes, names = codes_of(pa.chunked_array([pa.array([True, None, False])]))
        assert [names[code] for code in codes] == ["true", "false"]


def test_what_is_not_utf8_is_still_counted() -> None:
    """Two spellings that differ in a broken byte only are one category."""
    array = pa.array([b"\xff", b"\xfe", b"a"]).view(pa.string()).dictionary_encode()
    column = column_from(pa.chunked_array([array]), ColumnKind.CATEGORY)
    assert isinstance(column, Categories)
    assert column.counts == {"\ufffd": 2, "a": 1}


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32) | st.just(np.nan))
)
def test_one_sort_tells_nulls_and_infinities(values: list[float]) -> None:
    """As counting them one by one does."""
    array = np.array(values, np.float64)
    found = numbers_from(array, nulls=2)
    assert found.values.tolist() == sorted(array[np.isfinite(array)].tolist())
    assert found.nulls == 2 + int(np.isnan(array).sum())
    assert found.infinite == int(np.isinf(array).sum())


def test_a_check_of_files_imports_only_what_it_needs(tmp_path: Path) -> None:
    """No pandas, no SciPy, no database driver, not even Arrow's compute functions."""
    table: dict[str, Any] = {"a": [1.5, None] * 300, "k": ["x", "y"] * 300}
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    heavy = "pandas", "scipy", "adbc_driver_manager", "prometheus_client"
    program = (
        "import sys; from driftcheck.__main__ import main\n"
        "code = main(['--reference', 'a.parquet', '--current', 'a.parquet'], {})\n"
        f"print(code, [n for n in {(*heavy, 'pyarrow.compute')} if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(REPOSITORY / "drift")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "0 []"
