"""Answers that turn bad while features stay calm, on real parts."""

from killick.resource.conditions import ADOPTED
from tests.system.support.loop_fixtures import LoopServers
from tests.system.support.loop_manifests import NAME
from tests.system.support.loop_world import CALM, FirstModel, LoopWorld

BOUND = {"metric": {"name": "MeanAbsoluteError"}, "maximum": "0.5"}
HELD_TO = {
    "drift__performance": BOUND,
    "drift__persistence": {"breaches": 2, "windows": 3},
    "inferenceLog__labelDelay": "10s",
    "retraining__triggers": ["Performance"],
}
# The truth becomes a + 3b; the model goes on saying a + b: an error of 1 on average.
TURNED = "UPDATE ml.log SET label = label + 2 * feature_vector[2]"
SPARSE = "UPDATE ml.log SET label = NULL WHERE hashtext(predicted_at::text) % 4 <> 0"
MENDED = """
UPDATE ml.log SET prediction = label + 0.1 * feature_vector[1]
WHERE predicted_at > $1::timestamptz
"""


def watched(world: LoopWorld, *statements: str) -> None:
    """Start everything on a log of calm features, changed by these statements."""
    world.feed(CALM)
    for statement in statements:
        world.database.execute(statement)
    world.start()
    world.apply(**HELD_TO)
    world.until_condition(ADOPTED, "True")
    # Two windows, and the labels of the second.
    world.after_windows(3)


def test_answers_that_turn_bad_retrain_once(
    loop_servers: LoopServers, first_model: FirstModel
) -> None:
    """The cause is Performance, features were calm, and one version mends it."""
    with loop_servers.granted(first_model) as world:
        watched(world, TURNED)
        look = world.check()
        assert {w["verdict"] for w in look.at("drift.windows")} == {"NoDrift"}
        bad = look.at("drift.performanceWindows")
        assert [q["verdict"] for q in bad] == ["Drift", "Drift"]
        assert bad[0]["end"] == bad[1]["start"]
        assert bad[0]["start"] == look.at("drift.anchor")
        assert 0.8 < float(bad[1]["lower"]) < 1.0 < float(bad[1]["upper"]) < 1.2
        assert (look.at("drift.breaches"), look.at("drift.performanceBreaches")) == (
            *(0, 2),
        )
        assert look.at("drift.summary") == "Drift Performance (2/3)"
        told = look.condition("DriftDetected")
        assert told.startswith("True (PerformanceDropped)")
        assert "MeanAbsoluteError" in told
        assert "above the maximum 0.5" in told
        assert (
            'killick_model_performance_bound{metric="MeanAbsoluteError"'
            in world.metrics()
        )
        world.until("the end", lambda look: look.at("promotion.state") == "Done")
        world.database.execute(MENDED, look.at("drift.lastCheckTime"))
        look = world.look()
        episode = look.at("episode")
        assert (episode["reason"], episode["outcome"]) == ("Performance", "Promoted")
        assert "2 of the last 3 counting windows with labels" in episode["message"]
        world.after_windows(3)
        look = world.check()
        assert look.at("drift.verdict") == "NoDrift"
        good = look.at("drift.performanceWindows")
        assert {q["verdict"] for q in good} == {"NoDrift"}
        assert look.at("drift.performanceBreaches") == 0
        assert len(world.jobs("training")) == 1
        assert world.versions() == ["1", "2"]
        described = world.kubectl("describe", "modeldeployment", NAME)
        assert "PerformanceDropped" in described[described.index("\nEvents:") :]


def test_few_labels_open_nothing(
    loop_servers: LoopServers, first_model: FirstModel
) -> None:
    """However bad they are, some fifty of them a window are not judged."""
    with loop_servers.granted(first_model) as world:
        watched(world, TURNED, SPARSE)
        look = world.check()
        windows = look.at("drift.performanceWindows")
        found = [(q["verdict"], q["reason"], q.get("score")) for q in windows]
        assert found == [("Inconclusive", "NotEnoughLabels", None)] * 2
        assert all(0 < q["labeled"] < 100 < q["rows"] for q in windows)
        assert look.at("drift.verdict") == "NoDrift"
        assert look.at("drift.performanceBreaches") == 0
        assert look.at("episode") is None
        assert world.jobs("training") == []
        assert "killick_model_performance_drift_detected{" not in world.metrics()
