"""What a check in the cluster keeps of a drift, and Evidently as its engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.demo.watch import Look
from tests.system.support.loop_fixtures import LoopServers
from tests.system.support.loop_world import CHANGED, LoopWorld

# The first test on a new machine installs Evidently's seventy packages.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def drifting(loop_servers: LoopServers) -> Iterator[LoopWorld]:
    """A world that only observes, with a changed log and a running operator."""
    with loop_servers.granted() as world:
        world.feed(CHANGED, rows=20_000)
        world.start()
        yield world


def judged(world: LoopWorld, engine: str, report: str) -> Look:
    """Apply the object with this engine, and return it after a check of its own."""
    performance = {"metric": {"name": "MeanAbsoluteError"}}
    drift = {"engine": engine, "report": report, "performance": performance}
    world.apply(mode="Observe", **{f"drift__{key}": drift[key] for key in drift})
    generation = world.look().manifest["metadata"]["generation"]
    world.until(
        "the spec to be seen", lambda look: look.at("observedGeneration") == generation
    )
    world.after_windows(1)
    return world.check()


@pytest.mark.parametrize("engine", ["Native", "Evidently"])
def test_a_drift_has_a_page_in_mlflow(
    drifting: LoopWorld, engine: str, tmp_path: Path
) -> None:
    """The status names an artifact that is Evidently's page on the drifted columns."""
    look = judged(drifting, engine, "OnDrift")
    assert look.at("drift.verdict") == "Drift"
    assert look.at("drift.topColumns").startswith("a ")
    run, _, path = look.at("drift.report").removeprefix("runs:/").partition("/")
    page = Path(drifting.registry.download_artifacts(run, path, str(tmp_path)))
    assert page.name == "report.html"
    assert "Wasserstein distance (normed)" in page.read_text()
    verdict = path.replace(page.name, "verdict.json")
    kept = drifting.registry.download_artifacts(run, verdict, str(tmp_path))
    assert '"Drift"' in Path(kept).read_text()
    assert not drifting.leaks()


def test_no_report_where_none_is_wanted(drifting: LoopWorld) -> None:
    """With `report: Never` the check meets no MLflow, and the status names nothing."""
    look = judged(drifting, "Native", "Never")
    assert look.at("drift.verdict") == "Drift"
    assert look.at("drift.report") is None
    # Of the changed log `b`, from 0 to 1, counts thrice: the error is twice its mean.
    assert 0.8 < float(look.at("drift.performance.score")) < 1.2
    assert (
        look.at("drift.performance.labeled") == look.at("drift.performance.rows") > 100
    )
    scores = [
        line
        for line in drifting.metrics().splitlines()
        if line.startswith("killick_model_performance_score{")
    ]
    assert len(scores) == 1
    assert 'metric="MeanAbsoluteError"' in scores[0]
    jobs = drifting.jobs("check")
    newest = max(jobs, key=lambda job: job["metadata"]["creationTimestamp"])
    (container,) = newest["spec"]["template"]["spec"]["containers"]
    assert not [e["name"] for e in container["env"] if "MLFLOW" in e["name"]]
