"""The one status write, the Events of decisions, and the metrics."""

from dataclasses import replace

import pytest
from prometheus_client import generate_latest

from killick.errors import Conflict
from killick.names import ObjectName
from killick.plan.report.events import Decision
from killick.record.events import emit_events, event
from killick.record.metrics import StatusCollector
from killick.record.status import write_status
from killick.resource.drift_status import PerformanceStatus
from killick.resource.status import Status, parse_status
from tests.fakes.cluster import FakeCluster
from tests.fakes.world import spec
from tests.unit.plan import builders as b

OTHER = ObjectName("test", "shop", "basket")


@pytest.fixture
def cluster() -> FakeCluster:
    """Return a cluster with one object."""
    made = FakeCluster()
    made.put_object("ml", "ranger", spec())
    return made


async def test_nothing_new_writes_nothing(cluster: FakeCluster) -> None:
    """A status that is as it was is not written again."""
    for _ in range(3):
        found = await cluster.get_model_deployment("ml", "ranger")
        assert found is not None
        await write_status(cluster, found, b.promoting())
    assert cluster.status_writes == 1
    assert parse_status(cluster.objects["ml", "ranger"]["status"]) == b.promoting()


async def test_a_stale_write_is_a_conflict(cluster: FakeCluster) -> None:
    """A status planned on an older object is not written."""
    found = await cluster.get_model_deployment("ml", "ranger")
    assert found is not None
    cluster.annotate("ml", "ranger", check="now")
    with pytest.raises(Conflict):
        await write_status(cluster, found, b.adopted())
    assert cluster.status_writes == 0


async def test_one_event_for_a_decision(cluster: FakeCluster) -> None:
    """The same decision told thrice is one Event on the object."""
    found = await cluster.get_model_deployment("ml", "ranger")
    assert found is not None
    decision = Decision("0123456789", "Warning", "HoldOpened", "Ada")
    for _ in range(3):
        await emit_events(cluster, found, [decision], b.NOW)
    ((key, made),) = cluster.events.items()
    assert key == ("ml", "ranger.0123456789")
    assert made["involvedObject"]["uid"] == found["metadata"]["uid"]
    assert (made["type"], made["reason"]) == ("Warning", "HoldOpened")


def test_an_event_is_short_and_printable() -> None:
    """An Event's message fits the API's bound and holds no control characters."""
    manifest = {"metadata": {"name": "n", "namespace": "ml", "uid": "u"}}
    made = event(manifest, Decision("i", "Normal", "R", "\x1b[2J" + "x" * 5000), b.NOW)
    assert len(made["message"]) <= 1024
    assert made["message"].isprintable()


def scrape(collector: StatusCollector) -> str:
    """Return what Prometheus would read."""
    return generate_latest(collector.registry).decode()


def test_metrics_tell_the_status() -> None:
    """The metrics show state, verdict, share, age of the check and promotion."""
    collector = StatusCollector()
    status = b.promoting("Landed", phase="Promoting")
    performance = PerformanceStatus(
        "RocAuc", b.NOW, b.NOW, rows=200, labeled=50, score="0.7"
    )
    drift = replace(status.drift, verdict="Drift", percent=38, performance=performance)
    collector.show(b.NAME, "ranger", replace(status, drift=drift))
    text = scrape(collector)
    where = 'model="ranger",name="ranger",namespace="ml"'
    assert f"killick_model_drift_detected{{{where}}} 1.0" in text
    assert f"killick_model_drift_share_ratio{{{where}}} 0.38" in text
    assert f'killick_model_performance_score{{metric="RocAuc",{where}}} 0.7' in text
    assert f"killick_model_label_coverage_ratio{{{where}}} 0.25" in text
    assert 'state="Landed"' in text
    assert 'phase="Promoting"' in text
    checked = next(line for line in text.splitlines() if "last_check_timestamp" in line)
    assert checked


def test_an_attempt_is_counted_when_it_ends() -> None:
    """An outcome counts once, at its transition, and only in this process."""
    collector = StatusCollector()
    running = b.adopted(attempts=(b.past("Rejected"), b.past("InFlight", "a2")))
    ended = b.adopted(attempts=(b.past("Rejected"), b.past("Failed", "a2")))
    where = 'model="ranger",name="ranger",namespace="ml"'
    for before, after in ((running, running), (running, ended), (ended, ended)):
        collector.count_attempts(b.NAME, "ranger", before, after)
    text = scrape(collector)
    series = "killick_retraining_attempts_total"
    assert f'{series}{{{where},outcome="Failed"}} 1.0' in text
    assert f'{series}{{{where},outcome="Rejected"}} 0.0' in text
    collector.forget(b.NAME)
    assert f"{series}{{" not in scrape(collector)


def test_metrics_tell_what_answers_are_held_to() -> None:
    """The interval, the bound, the rows and whether answers are surely too bad."""
    collector = StatusCollector()
    performance = PerformanceStatus(
        *("RocAuc", b.NOW, b.NOW, 200, 50, "0.7", "0.6", "0.75"),
        bound="0.8",
        verdict="Drift",
    )
    drift = replace(b.adopted().drift, performance=performance)
    collector.show(b.NAME, "ranger", b.adopted(drift=drift))
    text = scrape(collector)
    where = 'model="ranger",name="ranger",namespace="ml"'
    for end, value in (("lower", 0.6), ("upper", 0.75)):
        series = (
            f'killick_model_performance_interval{{end="{end}",metric="RocAuc",{where}}}'
        )
        assert f"{series} {value}" in text
    assert f'killick_model_performance_bound{{metric="RocAuc",{where}}} 0.8' in text
    assert f"killick_model_performance_labeled_rows{{{where}}} 50.0" in text
    assert f"killick_model_performance_drift_detected{{{where}}} 1.0" in text


@pytest.mark.parametrize("verdict", [None, "Inconclusive", "DataQuality", "Error"])
def test_answers_that_were_not_judged_are_no_zero(verdict: str | None) -> None:
    """There is no series, rather than a calm one."""
    collector = StatusCollector()
    performance = PerformanceStatus("RocAuc", b.NOW, b.NOW, verdict=verdict)
    drift = replace(b.adopted().drift, performance=performance)
    collector.show(b.NAME, "ranger", b.adopted(drift=drift))
    text = scrape(collector)
    for name in (
        "performance_drift_detected",
        "performance_score",
        "performance_interval",
    ):
        assert f"killick_{name}{{" not in text


def test_an_undecided_verdict_is_no_zero() -> None:
    """Where nothing was decided there is no series, rather than a calm one."""
    collector = StatusCollector()
    for verdict in (None, "Inconclusive", "Error", "DataQuality"):
        drift = replace(b.adopted().drift, verdict=verdict)
        collector.show(b.NAME, "ranger", b.adopted(drift=drift))
        assert "killick_model_drift_detected{" not in scrape(collector)


def test_deleted_objects_vanish() -> None:
    """The series of an object that is gone vanish, those of others stay."""
    collector = StatusCollector()
    collector.show(b.NAME, "ranger", Status())
    collector.show(OTHER, "basket", Status())
    collector.forget(b.NAME)
    collector.forget(b.NAME)
    text = scrape(collector)
    assert 'namespace="ml"' not in text
    assert 'namespace="shop"' in text
