"""A default of a check stands once: in the contract's request."""

from typing import Any

import pytest

from driftcheck.cli.options import seconds_in
from driftcheck.cli.parser import parser
from driftcheck.contract import (
    TIMESTAMP_COLUMN,
    CheckRequest,
    ColumnRule,
    LogSource,
    SegmentRule,
    duration_text,
)
from killick.plan.requests.check import check_request
from killick.resource.parse import parse_spec
from killick.resource.status import Status
from tests.unit.plan import builders as b


@pytest.mark.parametrize(
    ("option", "default"),
    [
        ("minimum_rows", CheckRequest.minimum_rows),
        ("significance", CheckRequest.significance),
        ("drifted_columns_percent", CheckRequest.drifted_columns_percent),
        ("threshold", CheckRequest.default_threshold),
        ("engine", CheckRequest.engine),
        ("segment_minimum_rows", SegmentRule.minimum_rows),
        ("segment_maximum", SegmentRule.maximum),
        ("timestamp_column", TIMESTAMP_COLUMN),
        ("time_zone", LogSource.time_zone),
    ],
)
def test_the_command_line_has_the_defaults_of_the_request(
    option: str, default: Any
) -> None:
    """A check on the command line and a check in the cluster judge alike."""
    assert parser().get_default(option) == default


def test_durations_of_the_command_line_are_those_of_the_request() -> None:
    """Window and lag are as long as the request's."""
    window = seconds_in(parser().get_default("window"))
    lag = seconds_in(parser().get_default("lag"))
    assert (window, lag) == (CheckRequest.window_seconds, LogSource.lag_seconds)


def test_a_minimal_model_deployment_asks_by_the_defaults_of_the_request() -> None:
    """A spec that declares nothing else means what a bare request means."""
    column = {"name": "price"}
    features = {"type": "Columns", "columns": {"names": ["price"]}}
    spec = parse_spec(
        {
            "model": {"name": "m"},
            "reference": {"uri": "/r.parquet"},
            "inferenceLog": {
                "type": "Files",
                "files": {"uri": "/log"},
                "features": features,
            },
            "drift": {"columns": [column]},
        }
    )
    asked = check_request(b.context(spec), Status())
    bare = CheckRequest(
        asked.name,
        asked.namespace,
        asked.request_fingerprint,
        asked.reference,
        LogSource(
            "", "", TIMESTAMP_COLUMN, asked.log.features, type="Files", uri="/log"
        ),
        asked.windows,
        columns=(ColumnRule("price", threshold=CheckRequest.default_threshold),),
    )
    assert asked == bare


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(86_400, "24h"), (300, "5m"), (5400, "90m"), (7, "7s"), (3601, "3601s")],
)
def test_durations_are_written_in_their_largest_unit(seconds: int, text: str) -> None:
    """The text means the seconds, and is the shortest of one unit."""
    assert (duration_text(seconds), seconds_in(text)) == (text, seconds)
