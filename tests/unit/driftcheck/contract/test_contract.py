"""The contract between the operator and the check."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftcheck import contract as c

ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)

REQUEST = c.CheckRequest(
    name="recommendation",
    namespace="ml",
    request_fingerprint="ab" * 32,
    reference=c.Reference("s3://models/reference.parquet", "cd" * 32),
    log=c.LogSource(
        schema="ml",
        table="recommendation_inference_log",
        timestamp_column="predicted_at",
        features=c.Features("Vector", ("price", "age"), "feature_vector"),
        prediction_column="score",
    ),
    window_seconds=86400,
    windows=c.WindowGrid(ANCHOR, 3, ANCHOR + timedelta(days=2)),
    columns=(c.ColumnRule("price", critical=True, threshold=0.2, weight=2.5),),
    engine="Evidently",
)


def test_a_request_survives_the_journey() -> None:
    """Decoding the encoded request gives an equal request."""
    assert c.decode_request(c.encode_request(REQUEST)) == REQUEST


def test_unknown_fields_of_a_request_are_ignored() -> None:
    """A newer operator may say more than this worker knows."""
    value = REQUEST.to_json() | {"tomorrow": 1}
    value["log"]["tomorrow"] = {"a": 1}
    assert c.CheckRequest.from_json(value) == REQUEST


def test_optional_fields_have_defaults() -> None:
    """A request without the fields that have defaults is complete."""
    value = REQUEST.to_json()
    for name in ("defaultThreshold", "interim", "columns"):
        del value[name]
    read = c.CheckRequest.from_json(value)
    assert (read.default_threshold, read.interim, read.columns) == (0.1, True, ())


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (("name",), None, "name: is missing"),
        (("name",), "a\0b", "name: must not contain a NUL character"),
        (("name",), "", "name: must be a non-empty string"),
        (("contract",), None, "contract: is missing"),
        (("contract",), "driftcheck.killick.dev/v2", "contract: "),
        (("windowSeconds",), 0, "windowSeconds: must be at least 1"),
        (("windowSeconds",), True, "windowSeconds: must be a whole number"),
        (("minimumRows",), 1.5, "minimumRows: must be a whole number"),
        (("engine",), "Other", "engine: must be one of Native, Evidently"),
        (("significance",), 1, "significance: must be above 0 and below 1"),
        (("significance",), "0.05", "significance: must be a number"),
        (("significance",), 10**400, "significance: must be a finite number"),
        (("driftedColumnsPercent",), 101, "driftedColumnsPercent: "),
        (("interim",), "yes", "interim: must be true or false"),
        (
            ("requestFingerprint",),
            "x" * 65,
            "requestFingerprint: must be at most 64 bytes",
        ),
        (("columns",), {}, "columns: must be a list"),
        (("columns",), [3], "columns[0]: must be an object"),
        (("log",), [], "log: must be an object"),
        (("columns",), [{"name": "a", "weight": 0}], "columns[0].weight: must be"),
        (("columns",), [{"name": "a", "weight": -1.5}], "columns[0].weight: "),
        (("log", "features", "kind"), "Xml", "log.features.kind: must be"),
        (("log", "features", "names"), ["a", "a"], "log.features.names: "),
        (("log", "features", "names"), ["a", ""], "log.features.names[1]: "),
        (("log", "features", "column"), None, "log.features.column: is missing"),
        (("windows", "anchor"), "2026-01-01T00:00:00", "windows.anchor: "),
        (("windows", "anchor"), "yesterday", "windows.anchor: "),
        (("windows", "anchor"), "0001-01-01T00:00:00+14:00", "windows.anchor: "),
        (("windows", "count"), 11, "windows.count: must be at least 1 and at most 10"),
    ],
)
def test_a_broken_request_names_its_field(
    path: tuple[str, ...], value: object, complaint: str
) -> None:
    """What is wrong is said with the path of the field that is wrong."""
    document = json.loads(c.encode_request(REQUEST))
    place = document
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises(c.ContractError) as caught:
        c.CheckRequest.from_json(document)
    assert str(caught.value).startswith(complaint)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"[]", b"null", b'{"at":NaN}', b"[" * 100_000, "OOM"]
)
def test_garbage_is_a_contract_error(data: bytes) -> None:
    """Whatever a pod left behind, decoding ends in an answer or a ContractError."""
    with pytest.raises(c.ContractError):
        c.decode(data)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_bytes_end_in_a_contract_error(data: bytes | str) -> None:
    """No input makes decode fail in any other way."""
    with pytest.raises(c.ContractError):
        c.decode(data)


def window(
    index: int, *, counting: bool = True, wordy: bool = False
) -> c.WindowVerdict:
    """A drifted window of a day, as large as they come where `wordy`."""
    start = ANCHOR + timedelta(days=index, microseconds=123456)
    name = "columnwithalongname" * 3
    return c.WindowVerdict(
        start=start,
        end=start + timedelta(days=1),
        counting=counting,
        verdict=c.Verdict.DRIFT,
        reason="CriticalColumnDrifted",
        message="m" * 500 if wordy else "3 of 8 columns drifted",
        rows=123_456_789,
        drifted=300,
        checked=1000,
        percent=30,
        kinds=(c.Kind.COVARIATE, c.Kind.NEW_CATEGORY),
        top_columns=tuple((f"{name}{i}", 1.25) for i in range(5 if wordy else 2)),
        findings=tuple(f"NullShare: {name}{i}" for i in range(9)) if wordy else (),
    )


def answer(*windows: c.WindowVerdict, **more: object) -> c.CheckAnswer:
    """An answer with digests of full length."""
    base = c.CheckAnswer("ab" * 32, "cd" * 32, ANCHOR + timedelta(days=30), windows)
    return replace(base, **more)  # type: ignore[arg-type]


def test_an_answer_that_fits_survives_whole() -> None:
    """Nothing is cut where there is room, the error included."""
    given_answer = answer(
        window(0), window(1, counting=False), error=c.CheckError("LogUnreachable")
    )
    read = c.decode(c.encode(given_answer))
    assert read == given_answer
    assert not read.truncated


def test_not_computed_is_none_and_never_zero() -> None:
    """Counts that are None stay None on the way."""
    bare = replace(
        window(0), rows=None, drifted=None, checked=None, percent=None, top_columns=()
    )
    read = c.decode(c.encode(answer(bare))).windows[0]
    assert (read.rows, read.drifted, read.checked, read.percent) == (None,) * 4


def test_zero_is_zero() -> None:
    """A count of zero is not taken for a missing one."""
    zero = replace(window(0), rows=0, drifted=0, percent=0)
    read = c.decode(c.encode(answer(zero))).windows[0]
    assert (read.rows, read.drifted, read.percent) == (0, 0, 0)


def core(verdict: c.WindowVerdict) -> c.WindowVerdict:
    """What a decision needs."""
    return replace(verdict, message="", kinds=(), top_columns=(), findings=())


@given(st.integers(0, 10), st.integers(0, 2), st.booleans())
def test_verdicts_of_counting_windows_are_never_cut(
    counting: int, interim: int, wordy: bool
) -> None:
    """Ten counting windows fit in the limit, whatever details they bring."""
    windows = [window(i, wordy=wordy) for i in range(counting)]
    windows += [window(20 + i, counting=False, wordy=wordy) for i in range(interim)]
    data = c.encode(answer(*windows, error=c.CheckError("Bug", "x" * 900)))
    assert len(data) <= c.ANSWER_LIMIT
    kept = [core(w) for w in c.decode(data).windows if w.counting]
    assert kept == [core(w) for w in windows if w.counting]


def test_cutting_says_so_and_spares_the_newest() -> None:
    """Details of old windows give way before those of new ones."""
    windows = [window(i, wordy=True) for i in range(6)]
    read = c.decode(c.encode(answer(*windows)))
    assert read.truncated
    assert not read.windows[0].top_columns
    assert read.windows[5].message


def test_findings_give_way_before_the_newest_windows_scores() -> None:
    """Windows full of findings still say which columns drifted most just now."""
    findings = tuple(f"OutOfRange: range_mean_{i}" for i in range(30))
    top_columns = (("range_mean_22", 1.78), ("range_today", 1.32), ("move_today", 0.93))
    days = [window(0), window(1), window(2), window(3, counting=False)]
    told = [replace(w, findings=findings, top_columns=top_columns) for w in days]
    read = c.decode(c.encode(answer(*told)))
    assert read.truncated
    assert read.windows[-1].top_columns == top_columns


def test_cutting_is_deterministic() -> None:
    """The same answer is always the same bytes."""
    big = answer(*[window(i, wordy=True) for i in range(10)])
    assert c.encode(big) == c.encode(big)


def test_what_cannot_fit_is_an_error() -> None:
    """A limit below the verdicts' own size is refused, not met by dropping one."""
    with pytest.raises(c.ContractError):
        c.encode(answer(window(0)), limit=100)


def test_an_unknown_kind_of_drift_is_ignored() -> None:
    """A newer worker may see kinds of drift that this operator does not know."""
    value = answer(window(0)).to_json()
    value["windows"][0]["kinds"] = ["Concept", "Covariate"]
    assert c.CheckAnswer.from_json(value).windows[0].kinds == (c.Kind.COVARIATE,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("verdict", "Maybe"),
        ("reason", "not camel"),
        ("topColumns", [["a"]]),
        ("topColumns", [["a", None]]),
        ("rows", -1),
    ],
)
def test_a_broken_verdict_is_refused(name: str, value: object) -> None:
    """A verdict or reason outside the contract is not guessed at."""
    document = answer(window(0)).to_json()
    document["windows"][0][name] = value
    with pytest.raises(c.ContractError):
        c.CheckAnswer.from_json(document)


def test_a_window_without_an_end_is_refused() -> None:
    """A window's length is not guessed."""
    document = answer(window(0)).to_json()
    del document["windows"][0]["end"]
    with pytest.raises(c.ContractError, match=r"^windows\[0\]\.end: is missing"):
        c.CheckAnswer.from_json(document)


def test_an_answer_leaves_out_what_a_reader_fills_in() -> None:
    """Fields that have their defaults take none of the few bytes of an answer."""
    (found,) = json.loads(c.encode(answer(replace(window(0), message=""))))["windows"]
    assert not {"message", "findings", "sampled", "borderline"} & set(found)


def test_a_request_writes_its_defaults() -> None:
    """The defaults of the operator that asks apply, not those of the worker."""
    document = json.loads(c.encode_request(REQUEST))
    assert (document["minimumRows"], document["significance"]) == (100, 0.05)
    assert document["interim"] is True


def test_both_contracts_need_only_the_standard_library() -> None:
    """The operator can import them without numpy, pyarrow or ADBC."""
    program = (
        "import sys, driftcheck.contract, driftcheck.contract.evaluation;"
        "sys.exit(bool({'numpy','pyarrow','scipy'} & set(sys.modules)))"
    )
    subprocess.run(
        [sys.executable, "-c", program], check=True, env={"PYTHONPATH": "drift"}
    )


def test_the_report_s_address_gives_way_before_a_verdict() -> None:
    """It is kept where there is room, and the first whole field that is cut."""
    whole = replace(answer(window(0)), report="runs:/" + "a" * 32 + "/report.html")
    assert c.decode(c.encode(whole)).report == whole.report
    crowded = replace(
        answer(*(window(day) for day in range(10))), report="runs:/" + "a" * 900
    )
    read = c.decode(c.encode(crowded))
    assert (read.report, len(read.windows), read.truncated) == (None, 10, True)
