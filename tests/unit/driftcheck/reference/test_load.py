"""Reading references and vectors."""

import hashlib
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck.arrow.conversion import dataset_from
from driftcheck.arrow.schema import window_shape
from driftcheck.contract import Features
from driftcheck.contract.reasons import Reason
from driftcheck.errors import CheckFailure
from driftcheck.inference_log.single_file import load_window
from driftcheck.reference.load import load_reference
from driftcheck.stats.columns import Categories, ColumnKind, Numbers
from driftcheck.storage.parquet import open_table, read_files

NUMBER = ColumnKind.NUMBER
COLUMNS = Features("Columns", ("price", "kind"))
TABLE = pa.table(
    {
        "price": [1.5, None, float("nan"), float("inf"), -2.0],
        "kind": ["a", "b", "a", None, "a"],
        "other": range(5),
    }
)


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    """`sha256sum` of the file gives the same pin, by path and by file address."""
    path = tmp_path / "reference.parquet"
    pq.write_table(TABLE, path)
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    assert load_reference(str(path), COLUMNS, {}).sha256 == expected
    assert load_reference(path.as_uri(), COLUMNS, {}).sha256 == expected


def test_the_digest_of_a_directory_is_that_of_its_listing(tmp_path: Path) -> None:
    """`sha256sum * | sha256sum` in the directory gives the same pin."""
    pq.write_table(TABLE, tmp_path / "b.parquet")
    pq.write_table(TABLE.slice(0, 2), tmp_path / "a.parquet")
    (tmp_path / "_SUCCESS").touch()
    listing = subprocess.run(
        "sha256sum a.parquet b.parquet | sha256sum",
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        check=True,
    ).stdout.decode()
    loaded = load_reference(str(tmp_path), COLUMNS, {})
    assert loaded.sha256 == listing.split()[0]
    assert loaded.dataset.rows == 7


def test_columns_are_sorted_or_counted(tmp_path: Path) -> None:
    """Nulls, NaN and infinities are distinguished; only requested columns are read."""
    path = tmp_path / "reference.parquet"
    pq.write_table(TABLE, path)
    columns = load_reference(str(path), COLUMNS, {}).dataset.columns
    price, kind = columns["price"], columns["kind"]
    assert isinstance(price, Numbers)
    assert price.values.tolist() == [-2.0, 1.5]
    assert (price.nulls, price.infinite, price.rows) == (2, 1, 5)
    assert kind == Categories({"a": 3, "b": 1}, nulls=1)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.parquet", None, "there is no such file"),
        ("text.parquet", b"not parquet at all", "Parquet"),
        ("empty.parquet", b"", "Parquet"),
    ],
)
def test_an_unreadable_reference_says_why(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    """The failure names the address and the cause."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CheckFailure, match=said) as caught:
        load_reference(str(path), COLUMNS, {})
    assert caught.value.reason == "ReferenceUnreadable"
    assert name in caught.value.message


def test_an_empty_directory_is_unreadable(tmp_path: Path) -> None:
    """A directory without files is no reference of zero rows."""
    with pytest.raises(CheckFailure, match="holds no files"):
        load_reference(str(tmp_path), COLUMNS, {})


def test_an_addresss_password_is_not_repeated() -> None:
    """What stands before the @ of an address never gets into a message."""
    with pytest.raises(CheckFailure) as caught:
        load_reference("nosuch://user:hunter2@host/file?key=hunter2", COLUMNS, {})
    assert "hunter2" not in str(caught.value)


def test_a_large_reference_is_sampled_the_same_way_each_time(tmp_path: Path) -> None:
    """Above 100,000 rows the same rows are taken at every check."""
    path = tmp_path / "reference.parquet"
    rng = np.random.default_rng(1)
    pq.write_table(pa.table({"price": rng.normal(size=150_000)}), path)
    features = Features("Columns", ("price",))
    one, other = (load_reference(str(path), features, {}).dataset for _ in range(2))
    first, second = one.columns["price"], other.columns["price"]
    assert isinstance(first, Numbers)
    assert isinstance(second, Numbers)
    assert one.rows == 150_000
    assert first.present == 100_000
    assert (first.values == second.values).all()


VECTOR = Features("Vector", ("price", "age"), "features")


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.float64()), pa.list_(pa.float32()), pa.list_(pa.int32())]
)
def test_vectors_become_named_columns(kind: pa.DataType) -> None:
    """Each place of an array is a column; a null array is a null of every column."""
    table = pa.table({"features": pa.array([[1, 2], None, [3, None]], kind)})
    shape = window_shape(table.schema, VECTOR, {"price": NUMBER, "age": NUMBER})
    found = dataset_from(table, shape, VECTOR).columns
    price, age = found["price"], found["age"]
    assert isinstance(price, Numbers)
    assert isinstance(age, Numbers)
    assert (price.values.tolist(), price.nulls) == ([1, 3], 1)
    assert (age.values.tolist(), age.nulls) == ([2], 2)


@pytest.mark.parametrize(
    ("vectors", "finding", "said"),
    [
        ([[1.0, 2.0], [1.0]], "RaggedVector: features", "1 of 2 vectors do not have 2"),
        ([[1.0], [2.0]], "VectorLength: features", "have 1 values, 2 are named"),
    ],
)
def test_vectors_of_a_wrong_length_are_a_finding(
    vectors: list[list[float]], finding: str, said: str
) -> None:
    """Values are never assigned to names by guessing."""
    table = pa.table({"features": vectors})
    shape = window_shape(table.schema, VECTOR, {"price": NUMBER, "age": NUMBER})
    found = dataset_from(table, shape, VECTOR)
    assert not found.columns
    assert [str(one) for one in found.findings] == [finding]
    assert said in found.findings[0].detail


def test_a_vector_of_text_is_retyped() -> None:
    """An array that holds no numbers is a finding, not an exception."""
    schema = pa.schema({"features": pa.list_(pa.string())})
    shape = window_shape(schema, VECTOR, {"price": NUMBER})
    assert [str(one) for one in shape.findings] == ["RetypedColumn: features"]


def test_a_reference_may_hold_the_vector_itself(tmp_path: Path) -> None:
    """A reference written like the log is split by the same names."""
    path = tmp_path / "reference.parquet"
    pq.write_table(pa.table({"features": [[1.0, 2.0], [3.0, 4.0]]}), path)
    loaded = load_reference(str(path), VECTOR, {})
    assert set(loaded.kinds) == {"price", "age"}


def test_a_file_can_stand_for_a_window(tmp_path: Path) -> None:
    """A parquet file is held against the reference like a window."""
    path = tmp_path / "reference.parquet"
    pq.write_table(TABLE, path)
    reference = load_reference(str(path), COLUMNS, {})
    assert load_window(str(path), COLUMNS, reference, {}).rows == 5
    with pytest.raises(CheckFailure, match="CurrentUnreadable"):
        load_window(str(tmp_path / "none"), COLUMNS, reference, {})


def test_decimals_and_small_integers_are_numbers(tmp_path: Path) -> None:
    """Types that are easily lost on the way are compared as numbers."""
    path = tmp_path / "reference.parquet"
    table = pa.table(
        {
            "price": pa.array([1, 2], pa.decimal128(8, 2)),
            "kind": pa.array([1, None], pa.uint8()),
        }
    )
    pq.write_table(table, path)
    assert set(load_reference(str(path), COLUMNS, {}).kinds.values()) == {NUMBER}


def test_a_file_written_to_while_it_is_read_is_refused(tmp_path: Path) -> None:
    """Half of one and half of another would have a digest that names neither."""
    path = tmp_path / "reference.parquet"
    pq.write_table(TABLE, path)
    opened = read_files(str(path), Reason.REFERENCE_UNREADABLE, {})
    table = open_table(opened, {"price"})
    with path.open("ab") as file:
        file.write(b"more")
    with pytest.raises(CheckFailure, match="written to while it was read"):
        table.column("price")


def test_a_file_replaced_while_it_is_read_is_read_on(tmp_path: Path) -> None:
    """What was opened is hashed and judged, whatever lies at the address now."""
    path, other = tmp_path / "reference.parquet", tmp_path / "other"
    pq.write_table(TABLE, path)
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    opened = read_files(str(path), Reason.REFERENCE_UNREADABLE, {})
    pq.write_table(TABLE.slice(0, 1), other)
    other.replace(path)
    assert opened.sha256 == expected
    table = open_table(opened, {"price"})
    assert len(table.column("price")) == table.rows == 5
