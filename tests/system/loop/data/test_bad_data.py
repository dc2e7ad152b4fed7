"""Broken data, met by the whole operator: said by name, never "no drift", never fatal.

`docs/bad-data.md` has every case; here are some on their way into the status.
"""

from collections.abc import Iterator

import pytest

from dev.processes.supervisor import Process
from tests.system.support.loop_fixtures import LoopServers
from tests.system.support.loop_world import CALM, LoopWorld

RAGGED = """
UPDATE ml.log SET feature_vector = feature_vector[1:1]
WHERE extract(second FROM predicted_at)::int % 2 = 0
"""
NULLS = "UPDATE ml.log SET feature_vector = ARRAY[feature_vector[1], NULL]"
MEND = "UPDATE ml.log SET feature_vector = kept"
BREAK = {
    "a table that vanished": (
        (
            "ALTER TABLE ml.log RENAME TO elsewhere",
            "ALTER TABLE ml.elsewhere RENAME TO log",
        ),
        ("Error", "MissingTable"),
    ),
    "a column that vanished": (
        (
            "ALTER TABLE ml.log RENAME COLUMN feature_vector TO f",
            "ALTER TABLE ml.log RENAME COLUMN f TO feature_vector",
        ),
        ("DataQuality", "MissingColumn"),
    ),
    "ragged vectors": ((RAGGED, MEND), ("DataQuality", "RaggedVector")),
    "a dimension of nulls": ((NULLS, MEND), ("DataQuality", "AllNull")),
}


@pytest.fixture(scope="module")
def fed(loop_servers: LoopServers) -> Iterator[LoopWorld]:
    """Return a world with a calm log, whose operator runs."""
    with loop_servers.granted() as world:
        world.apply()
        world.feed(CALM, rows=20_000)
        world.database.execute("ALTER TABLE ml.log ADD COLUMN kept float8[]")
        world.database.execute("UPDATE ml.log SET kept = feature_vector")
        world.start()
        world.until_condition("Adopted", "True")
        yield world


@pytest.fixture(scope="module")
def process(fed: LoopWorld) -> Process:
    """Return the operator's process, which must outlive every break."""
    return fed.process


@pytest.mark.parametrize("case", BREAK)
def test_is_said_by_name(fed: LoopWorld, process: Process, case: str) -> None:
    """Verdict and reason reach the status and the conditions; the operator stays up."""
    (broken, mended), (verdict, reason) = BREAK[case]
    fed.database.execute(broken)
    try:
        look = fed.check()
    finally:
        fed.database.execute(mended)
    assert (look.at("drift.verdict"), look.at("drift.reason")) == (verdict, reason)
    assert look.condition("InputsHealthy").startswith(f"False ({reason})")
    assert look.condition("DriftDetected").startswith("Unknown")
    assert look.condition("Ready").startswith("False")
    assert (look.at("episode"), fed.jobs("training")) == (None, [])
    assert process.alive
    assert fed.check().condition("InputsHealthy").startswith("True")
