"""Each log record is one line of JSON, whatever text it carries."""

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import kopf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kopf._cogs.structs.bodies import Body
from kopf._core.actions.loggers import LocalObjectLogger

from killick.errors import KillickError
from killick.runtime.finalization import FinalizationReporter
from killick.runtime.logging_setup import JsonLines, configure_logging
from tests.fakes.world import FakeWorld
from tests.unit.runtime.test_finalization import body

FORGED = 'x"}\n{"level": "INFO", "message": "Pass completed"}\r\n\u2028\x1b[2J'
PYTHON_WARNINGS = "py.warnings"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Return where the configured log goes; logging is as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    configure_logging(written)
    logging.captureWarnings(capture=False)
    yield written
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in ("kopf", "kubernetes", "aiohttp", "asyncio"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Return the log, each line parsed as JSON."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def test_every_line_of_a_pass_is_json(stream: io.StringIO) -> None:
    """Completed, failed and unexpectedly failed passes and deletions log JSON."""
    world = FakeWorld()
    await world.look()
    world.cluster.down = KillickError(FORGED, "Refused")
    await world.look()
    world.cluster.down = None
    seen = body(world)
    await FinalizationReporter().report(world.world, world.name, seen, world.now)
    del world.cluster.objects["ml", "ranger"]["spec"]
    world.cluster.objects["ml", "ranger"]["metadata"] = None
    await world.look()
    found = lines(stream)
    messages = [line["message"] for line in found]
    assert messages == [
        "Pass completed",
        "Pass failed",
        "Object released",
        "Pass failed unexpectedly",
    ]
    assert {line["object"] for line in found} == {"ml/ranger"}
    assert found[1]["error"] == FORGED
    assert found[1]["reason"] == "Refused"
    assert found[2]["left"].startswith("Nothing was in progress")
    assert "Traceback" in found[3]["stacktrace"]


def test_lines_of_kopf_and_python_are_json(stream: io.StringIO) -> None:
    """Records of kopf name the object as ours do; warnings are records."""
    configure_logging(stream)
    metadata = {"namespace": "ml", "name": "ranger", "uid": "u"}
    raw: Any = {"metadata": metadata}
    logger = LocalObjectLogger(body=Body(raw), settings=kopf.OperatorSettings())
    logger.warning("Handler %r failed: %s", "keep", FORGED)
    logging.getLogger("kopf.activities").error(FORGED)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(FORGED, UserWarning, stacklevel=1)
    found = lines(stream)
    assert [line["logger"] for line in found] == [
        "kopf.objects",
        "kopf.activities",
        PYTHON_WARNINGS,
    ]
    assert found[0]["object"] == "ml/ranger"
    assert not {"settings", "k8s_skip", "k8s_ref"} & found[0].keys()
    assert found[1]["message"] == FORGED


@given(message=st.text(), value=st.text(), key=st.text(min_size=1))
def test_no_text_forges_a_line(message: str, value: str, key: str) -> None:
    """One record is one line, and no field replaces time, level, logger or message."""
    record = logging.makeLogRecord(
        {"name": "killick.loop", "levelname": "INFO", "msg": message.replace("%", "")}
    )
    fields = vars(record)
    if key not in fields:
        fields[key] = value
    for own in ("time", "level", "logger"):
        fields.setdefault(own, value)
    line = JsonLines().format(record)
    assert line.isprintable()
    assert len(line.splitlines()) == 1
    parsed = json.loads(line)
    assert parsed["level"] == "INFO"
    assert parsed["logger"] == "killick.loop"
    assert parsed["message"] == message.replace("%", "")
