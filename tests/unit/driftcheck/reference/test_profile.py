"""References reduced to bins, and kept as profiles."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftcheck.__main__ import main
from driftcheck.arrow.conversion import numbers_from
from driftcheck.contract import CheckRequest, Reference
from driftcheck.errors import CheckFailure
from driftcheck.inference_log.single_file import load_window
from driftcheck.judge.evidence import Judgement
from driftcheck.judge.verdict import judge
from driftcheck.reference.load import load_reference
from driftcheck.reference.profile import reference_of
from driftcheck.reference.profile_format import BrokenProfile, from_bytes
from driftcheck.stats.columns import Column, Dataset, Numbers, ReferenceHistogram
from driftcheck.stats.reduction import reduced
from tests.unit.driftcheck.samples import WINDOW, normal, request


@pytest.fixture
def asked(tmp_path: Path) -> CheckRequest:
    """A request for a reference of every kind of column."""
    rows = 20_000
    table = pa.table(
        {
            "number": np.where(np.arange(rows) % 50, normal(1, rows), np.nan),
            "short": np.where(np.arange(rows) % 10, np.nan, normal(2, rows)),
            "kind": ["a", "b", "ü", None] * (rows // 4),
            "id": [str(i) for i in range(rows)],
            "when": pa.array(range(rows), pa.timestamp("us")),
            "slow": normal(3, rows) + np.sin(np.arange(rows) / 500),
            "season": ["dry" if i % 7000 < 3500 else "wet" for i in range(rows)],
        }
    )
    path = tmp_path / "reference.parquet"
    pq.write_table(table, path)
    names = table.column_names
    return request(*names, reference=Reference(str(path)))


def at(place: Path | str) -> dict[str, str]:
    """An environment that says where profiles are kept."""
    return {"DRIFTCHECK_PROFILES": str(place)}


def judgement(asked: CheckRequest, reference: Any) -> Judgement:
    """The judgement on the reference's own file."""
    window = load_window(asked.reference.uri, asked.log.features, reference, {})
    return judge(asked, WINDOW, reference.dataset, window)


def test_a_kept_profile_gives_the_same_judgement(
    asked: CheckRequest, tmp_path: Path
) -> None:
    """The first check writes it, the second reads it, none does without."""
    profiles = str(tmp_path / "new" / "profiles")
    references = [
        reference_of(asked, {}),
        reference_of(asked, at(profiles)),
        reference_of(asked, at(profiles)),
    ]
    assert len(list(Path(profiles).iterdir())) == 1
    judgements = [judgement(asked, reference) for reference in references]
    assert judgements[0] == judgements[1] == judgements[2]
    assert judgements[0].scores
    kinds = [type(c) for c in references[2].dataset.columns.values()]
    assert kinds[:2] == [ReferenceHistogram, Numbers]
    for name in ("slow", "season"):
        columns: list[Any] = [one.dataset.columns[name] for one in references]
        assert columns[0].blocks.size > 0
        assert np.array_equal(columns[0].blocks, columns[2].blocks)


def pinned(asked: CheckRequest) -> CheckRequest:
    """The same request with the digest."""
    sha256 = load_reference(asked.reference.uri, asked.log.features, {}).sha256
    return replace(asked, reference=Reference(asked.reference.uri, sha256))


def test_a_pinned_reference_need_not_be_read_again(
    asked: CheckRequest, tmp_path: Path
) -> None:
    """With its digest known and its profile kept, its file may be out of reach."""
    asked = pinned(asked)
    found = reference_of(asked, at(tmp_path))
    Path(asked.reference.uri).unlink()
    assert reference_of(asked, at(tmp_path)).sha256 == found.sha256
    with pytest.raises(CheckFailure, match="no such file"):
        reference_of(asked, {})


def test_another_reference_or_question_has_another_profile(
    asked: CheckRequest, tmp_path: Path
) -> None:
    """A profile is never taken for one of other bytes or other columns."""
    profiles = tmp_path / "profiles"
    reference_of(asked, at(profiles))
    fewer = replace(asked.log.features, names=("number",))
    log = replace(asked.log, features=fewer)
    found = reference_of(replace(asked, log=log), at(profiles))
    assert list(found.dataset.columns) == ["number"]
    pq.write_table(pa.table({"number": normal(3, 500)}), asked.reference.uri)
    found = reference_of(replace(asked, log=log), at(profiles))
    assert found.dataset.rows == 500
    assert len(list(profiles.iterdir())) == 3


def test_a_profile_can_be_kept_by_hand(
    asked: CheckRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By option or by environment; the second check says the same."""
    uri = asked.reference.uri
    options = ["--reference", uri, "--current", uri]
    profiles = tmp_path / "profiles"
    said = []
    for more, environment in (
        ([], {}),
        (["--profile", str(profiles)], {}),
        ([], {"DRIFTCHECK_PROFILES": str(profiles)}),
    ):
        assert main([*options, *more], environment) == 0
        said.append(capsys.readouterr().out)
    assert len(list(profiles.iterdir())) == 1
    assert said[0] == said[1] == said[2]


@pytest.mark.parametrize("damage", ["empty", "cut", "noise", "other"])
def test_a_damaged_profile_is_made_anew(
    asked: CheckRequest, tmp_path: Path, damage: str
) -> None:
    """Whatever stands in its place, the reference decides."""
    profiles = tmp_path / "profiles"
    expected = judgement(asked, reference_of(asked, at(profiles)))
    (path,) = profiles.iterdir()
    data = path.read_bytes()
    broken = {
        "empty": b"",
        "cut": data[: len(data) // 2],
        "noise": bytes([*data[:500], *(255 - b for b in data[500:900]), *data[900:]]),
        "other": b"PK\3\4 something else",
    }
    path.write_bytes(broken[damage])
    found = reference_of(asked, at(profiles))
    assert judgement(asked, found) == expected


def test_nowhere_to_keep_is_a_warning(
    asked: CheckRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The check goes on without a profile."""
    (tmp_path / "file").touch()
    assert reference_of(asked, at(tmp_path / "file" / "profiles")).dataset.rows
    assert "no profile kept" in capsys.readouterr().err


def test_a_profile_is_small(asked: CheckRequest, tmp_path: Path) -> None:
    """Thirty kilobytes a column of numbers, however long it is."""
    rows = 100_000
    table = pa.table({f"c{i}": normal(i, rows) for i in range(5)})
    pq.write_table(table, asked.reference.uri)
    features = replace(asked.log.features, names=tuple(table.column_names))
    log = replace(asked.log, features=features)
    reference_of(replace(asked, log=log), at(tmp_path / "p"))
    (path,) = (tmp_path / "p").iterdir()
    assert path.stat().st_size < 5 * 30_000


def test_a_reduced_column_can_be_drawn() -> None:
    """As many values as rows, in order, of the same spread."""
    column: Column = reduced(numbers_from(normal(1, 50_000)))
    assert isinstance(column, ReferenceHistogram)
    dataset = Dataset(50_000, {"a": column})
    values = dataset.columns["a"].values  # type: ignore[union-attr]
    assert values.size == 50_000
    assert (np.diff(values) >= 0).all()
    assert np.std(values) == pytest.approx(1, abs=0.02)


def test_a_profile_of_an_older_version_is_made_anew(
    asked: CheckRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its numbers may mean something else; a warning says why it took longer."""
    reference_of(asked, at(tmp_path / "p"))
    (path,) = (tmp_path / "p").iterdir()
    with np.load(path) as kept:
        arrays = dict(kept)
    meta = json.loads(arrays["meta"].tobytes())
    meta["format"] -= 1
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    np.savez(path, allow_pickle=False, **arrays)
    with pytest.raises(BrokenProfile, match="format"):
        from_bytes(path.read_bytes())
    reference_of(asked, at(tmp_path / "p"))
    assert "made anew" in capsys.readouterr().err
    assert from_bytes(path.read_bytes()).reference.dataset.rows == 20_000


def test_a_profile_that_claims_too_much_is_not_unpacked(tmp_path: Path) -> None:
    """What would take all memory is refused by what it claims."""
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, meta=np.zeros(300 * 1024**2, np.uint8))
    assert path.stat().st_size < 1024**2
    with pytest.raises(BrokenProfile, match="more than"):
        from_bytes(path.read_bytes())


def test_a_profile_can_stand_for_its_reference(
    asked: CheckRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Written once, it is used without any access to the training data."""
    uri, profile = asked.reference.uri, str(tmp_path / "r.profile.npz")
    window = str(tmp_path / "window.parquet")
    shutil.copy(uri, window)
    options = ["--current", window, "--reference"]
    assert main([*options, uri, "--write-profile", profile], {}) == 0
    expected = capsys.readouterr().out
    Path(uri).unlink()
    assert main([*options, profile], {}) == 0
    assert capsys.readouterr().out == expected
    assert main([*options, profile, "--columns", "nosuch"], {}) == 1
    assert "the profile has no column nosuch" in capsys.readouterr().err


def test_a_pin_by_hand_is_held(
    asked: CheckRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another reference than the pinned one is a finding, with or without a profile."""
    uri = asked.reference.uri
    sha256 = load_reference(uri, asked.log.features, {}).sha256
    options = ["--reference", uri, "--current", uri, "--reference-sha256"]
    assert main([*options, sha256], {}) == 0
    assert main([*options, "0" * 64], at(tmp_path / "p")) == 11
    assert "ReferenceChanged" in capsys.readouterr().out


def test_all_rows_of_a_file_can_be_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the option a sample is, and the report says so."""
    path = tmp_path / "long.parquet"
    pq.write_table(pa.table({"a": normal(1, 120_000)}), path)
    options = ["--reference", str(path), "--current", str(path)]
    assert main(options, {}) == 0
    assert "100000 of them compared" in capsys.readouterr().out
    assert main([*options, "--all-rows"], {}) == 0
    assert "of them compared" not in capsys.readouterr().out


def test_a_place_that_does_not_exist_is_a_warning(
    asked: CheckRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of an address that holds a secret, the secret is not repeated."""
    assert reference_of(asked, at("nosuch://user:hunter2@host/x")).dataset.rows
    said = capsys.readouterr().err
    assert "no profile reached" in said
    assert "hunter2" not in said
