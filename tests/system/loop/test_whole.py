"""The whole loop, from `kubectl apply` to the promotion commit, on real parts.

The story is played once; each test reads what it left behind.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from killick.resource.conditions import ADOPTED
from tests.system.support.loop_fixtures import LoopServers
from tests.system.support.loop_manifests import NAME
from tests.system.support.loop_world import CHANGED, FirstModel, LoopWorld

PASS = '"message": "Pass completed"'


@pytest.fixture(scope="module")
def told(loop_servers: LoopServers, first_model: FirstModel) -> Iterator[LoopWorld]:
    """The world after its one promotion; the operator still runs."""
    with loop_servers.granted(first_model) as world:
        world.start()
        world.apply()
        world.until_condition(ADOPTED, "True")
        world.feed(CHANGED)
        world.after_windows(1)
        world.check()
        world.until("the end", lambda look: look.at("promotion.state") == "Done")
        yield world


def test_one_of_each(told: LoopWorld) -> None:
    """One cause leads to one Job, one version, one evaluation and one commit."""
    look = told.look()
    assert len(told.jobs("training")) == len(told.jobs("evaluation")) == 1
    assert told.versions() == ["1", "2"]
    assert told.promotions() == [look.at("promotion.commit")]
    assert told.repository.read("apps/line/values.yaml") == told.value("2")
    assert told.repository.read("README.md") == b"Hello.\n"


def test_the_commit_says_why(told: LoopWorld) -> None:
    """The commit's message holds the evidence, and its trailers the identity."""
    look = told.look()
    (commit,) = [c for c in told.repository.log() if "Killick" in c.author]
    subject, *_ = commit.message.splitlines()
    assert subject == f"Promote {told.model} to version 2"
    assert f"Killick-Promotion: {look.at('promotion.id')}\n" in commit.message
    assert f"Killick-Evaluation: {look.at('evaluation.id')}\n" in commit.message
    assert "improvement" in commit.message


def test_aliases_and_stages_follow(told: LoopWorld) -> None:
    """The promoted version is champion and Production, the old one is archived."""
    assert told.alias("champion") == "2"
    assert (told.stage("1"), told.stage("2")) == ("Archived", "Production")


def test_status_tells_the_end(told: LoopWorld) -> None:
    """After the promotion all conditions are good and nothing is in flight."""
    look = told.look()
    assert look.at("versions") == {"desired": "2", "serving": "2", "champion": "2"}
    assert look.at("evaluation.result.rows") >= 50
    said = {kind: look.condition(kind) for kind in ("Promoted", "Deployed", "Adopted")}
    assert said["Promoted"].startswith("True (Done)")
    assert said["Deployed"].startswith("Unknown (NotObserved)")
    assert said["Adopted"].startswith("True")
    assert look.condition("Held").startswith("False")
    assert look.condition("Stalled") == ""
    assert look.at("episode.outcome") == "Promoted"
    assert look.at("observedGeneration") == look.manifest["metadata"]["generation"]


def test_describe_tells_the_story(told: LoopWorld) -> None:
    """`kubectl describe` shows each decision once, in order."""
    reasons = told.events()
    story = [
        *("Adopted", "Drift", "EpisodeOpened", "RetrainingStarted"),
        *("CandidateRegistered", "EvaluationPassed", "PromotionProposed"),
        *("PromotionLanded", "PromotionDeployed", "PromotionDone", "EpisodeClosed"),
    ]
    assert sorted(reasons) == sorted(story)
    described = told.kubectl("describe", "modeldeployment", NAME)
    events = described[described.index("\nEvents:") :]
    assert all(reason in events for reason in story)


def test_columns_of_get(told: LoopWorld) -> None:
    """`kubectl get` shows the versions, the drift and the phase in its columns."""
    heads, row = told.kubectl("get", "modeldeployments").splitlines()
    columns = ["NAME", "MODEL", "SERVING", "CANDIDATE", "DRIFT", "PHASE"]
    assert heads.split()[:6] == columns
    assert heads.split()[6:] == ["WAITING-FOR", "READY", "AGE"]
    assert row.split()[:3] == [NAME, told.model, "2"]


def test_metrics_of_the_object(told: LoopWorld) -> None:
    """/metrics tells the object's state and what the operator did."""
    labels = f'name="{NAME}",namespace="{told.namespace}"'
    found = {re.sub(r" [^ ]+$", "", line) for line in told.metrics().splitlines()}
    counted = 'killick_retraining_attempts_total{model="%s",%s,outcome="Promoted"} 1.0'
    assert counted % (told.model, labels) in told.metrics()
    assert (
        f'killick_last_promotion_timestamp_seconds{{{labels},state="Done"}}'
        in sorted_labels(found)
    )
    pushed = 'killick_effects_total{kind="PushPromotion",outcome="done"} 1.0'
    assert pushed in told.metrics()
    assert told.healthy()


def sorted_labels(series: set[str]) -> set[str]:
    """Return the series with their labels in the order of the alphabet."""

    def ordered(match: re.Match[str]) -> str:
        return "{" + ",".join(sorted(match[1].split(","))) + "}"

    return {re.sub(r"\{(.*)\}", ordered, one) for one in series}


def test_quiet_passes_write_nothing(told: LoopWorld) -> None:
    """Passes over an object to which nothing happens leave it untouched."""
    passes = told.log.count(PASS)
    before = told.look().manifest["metadata"]["resourceVersion"]
    told.wait_logged(PASS, passes + 2)
    assert told.look().manifest["metadata"]["resourceVersion"] == before


def test_memory_is_small(
    told: LoopWorld, record_property: Callable[[str, object], None]
) -> None:
    """The operator stays below 200 MB; the figure is printed."""
    text = Path(f"/proc/{told.process.pid}/status").read_text()
    (resident,) = re.findall(r"VmRSS:\s+(\d+) kB", text)
    record_property("operator_resident_kilobytes", resident)
    print(f"operator: {int(resident) / 1000:.0f} MB resident")  # noqa: T201
    assert int(resident) < 200_000


def test_no_secret_leaks(told: LoopWorld) -> None:
    """No password or token is in logs, metrics, objects, events, commits or tags."""
    names = set(told.secrets().values())
    assert names >= {
        "DATABASE_URL of Secret inference-log",
        "password of Secret gitops",
        "password of Secret mlflow",
        "password of Secret pull",
        "MORE_TOKEN of Secret more",
        "a service account's token",
    }
    assert told.leaks() == []
