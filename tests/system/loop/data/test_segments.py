"""A drift of one segment, found by a check in the cluster and told by the object."""

import re
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.system.support.loop_fixtures import LoopServers
from tests.system.support.loop_manifests import NAME
from tests.system.support.loop_world import CALM

# One row in ten is of LU, whose `a` lies from 0.6 to 1, by one deviation higher.
DRIFT_OF_ONE = """
ALTER TABLE ml.log ADD country text;
UPDATE ml.log SET country = CASE WHEN chosen THEN 'LU' ELSE 'DE' END,
  feature_vector[1] = CASE WHEN chosen THEN 0.6 + 0.4 * feature_vector[1]
                         ELSE feature_vector[1] END
FROM (SELECT ctid AS place, hashtext(predicted_at::text) % 10 = 0 AS chosen
      FROM ml.log) AS drawn
WHERE ml.log.ctid = drawn.place;
"""


def evenly(rows: int) -> np.ndarray[Any, Any]:
    """Values from 0 to 1 without a gap, so that no reference is an unlucky one."""
    values: np.ndarray[Any, Any] = np.random.default_rng(rows).permutation(rows) / rows
    return values


def test_a_drift_of_one_segment_persists_and_is_named(
    loop_servers: LoopServers,
) -> None:
    """The whole, which it dilutes, is NoDrift; the condition names the country."""
    reference = loop_servers.reference.with_name("countries.parquet")
    columns = {name: np.concatenate([evenly(400), evenly(3600)]) for name in ("a", "b")}
    columns["country"] = np.repeat(["LU", "DE"], [400, 3600])
    pq.write_table(pa.table(columns), reference)
    with loop_servers.granted() as world:
        world.feed(CALM, rows=40_000, step=timedelta(milliseconds=5))
        for statement in DRIFT_OF_ONE.strip().split(";")[:-1]:
            world.database.execute(statement)
        world.start()
        drift = {
            "drift__columns": [{"name": "a", "threshold": "0.5"}],
            "reference__uri": reference.as_uri(),
        }
        world.apply(mode="Observe", **drift)
        world.after_windows(1)
        look = world.check()
        assert look.at("drift.verdict") == "NoDrift"
        world.apply(mode="Observe", drift__segments={"column": "country"}, **drift)
        generation = world.look().manifest["metadata"]["generation"]
        world.until(
            "the spec to be seen",
            lambda look: look.at("observedGeneration") == generation,
        )
        world.after_windows(1)
        look = world.check()
        assert (look.at("drift.verdict"), look.at("drift.reason")) == (
            "Drift",
            "SegmentDrifted",
        )
        # Of the two hundred rows `b` may have drifted, too, by chance.
        told = re.match(
            r"country=LU: [12] of 2 .*\ba (\d[.]\d\d)", look.at("drift.message")
        )
        assert told is not None, look.at("drift.message")
        assert float(told[1]) == pytest.approx(1.04, abs=0.2)
        assert look.condition("DriftDetected").startswith("True")
        assert "country=LU" in look.condition("DriftDetected")
        described = world.kubectl("describe", "modeldeployment", NAME)
        assert "country=LU" in described[described.index("\nEvents:") :]
