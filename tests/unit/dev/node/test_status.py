"""The status of a pod, from the states of its containers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.kubernetes.node.pod.status import (
    ContainerRecord,
    PodRecord,
    Running,
    State,
    Terminated,
    Waiting,
    cut,
    has_started,
    lost,
    phase,
    pod_status,
    with_times,
)
from tests.unit.dev.node.builders import make_container, make_pod

NOW = "2026-01-01T00:00:00Z"
WAIT = Waiting("ContainerCreating")
RUN = Running(NOW)
GOOD = Terminated(0, "Completed", started=NOW, finished=NOW)
BAD = Terminated(1, "Error", started=NOW, finished=NOW)


def records(*states: State | tuple[State, Terminated]) -> tuple[ContainerRecord, ...]:
    """Containers in these states; a pair is (state, how the one before ended)."""
    found = []
    for number, given_state in enumerate(states):
        pair = given_state if isinstance(given_state, tuple) else (given_state, None)
        found.append(ContainerRecord(f"c{number}", "i", *pair))
    return tuple(found)


def record(
    *states: State | tuple[State, Terminated],
    init: tuple[State | tuple[State, Terminated], ...] = (),
    policy: str = "Never",
    stopping: bool = False,
) -> PodRecord:
    """A pod with these containers."""
    return PodRecord(records(*init), records(*states), NOW, policy, stopping=stopping)


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        (record(WAIT), "Pending"),
        (record(RUN), "Running"),
        (record(GOOD), "Succeeded"),
        (record(BAD), "Failed"),
        (record(RUN, WAIT), "Pending"),
        (record(RUN, BAD), "Running"),
        (record(GOOD, GOOD), "Succeeded"),
        (record(GOOD, BAD), "Failed"),
        (record(WAIT, init=(RUN,)), "Pending"),
        (record(WAIT, init=(GOOD, WAIT)), "Pending"),
        (record(RUN, init=(GOOD,)), "Running"),
        (record(WAIT, init=(BAD,)), "Failed"),
        (record(WAIT, init=(BAD,), policy="OnFailure"), "Pending"),
        (record(WAIT, init=((WAIT, BAD),), policy="OnFailure"), "Pending"),
        (record(BAD, policy="OnFailure"), "Running"),
        (record((WAIT, BAD), policy="OnFailure"), "Running"),
        (record(GOOD, policy="OnFailure"), "Succeeded"),
        (record(GOOD, policy="Always"), "Running"),
        (record(WAIT, stopping=True), "Failed"),
        (record(GOOD, stopping=True, policy="Always"), "Succeeded"),
        (record(BAD, stopping=True, policy="Always"), "Failed"),
        (record(RUN, stopping=True), "Running"),
        (record(WAIT, init=(GOOD,), stopping=True), "Failed"),
        (record(WAIT, init=(WAIT,), stopping=True), "Failed"),
    ],
)
def test_phase(pod: PodRecord, expected: str) -> None:
    """The phase follows from the states as in the kubelet's table."""
    assert phase(pod) == expected


def test_a_failure_of_the_node_is_the_pods() -> None:
    """A deadline fails the pod with its reason while containers still end."""
    pod = PodRecord((), records(RUN), NOW, failure=("DeadlineExceeded", "long"))
    status = pod_status(pod, {}, NOW)
    assert (status["phase"], status["reason"]) == ("Failed", "DeadlineExceeded")


def test_messages_share_the_pods_room() -> None:
    """Four containers have 3 KiB each; bytes are cut, never half a character."""
    long = Terminated(0, "Completed", "é" * 4000)
    status = pod_status(record(long, long, long, init=(long,)), {}, NOW)
    message = status["containerStatuses"][0]["state"]["terminated"]["message"]
    assert len(message.encode()) == 3072
    assert set(message) == {"é"}


def test_cut_keeps_whole_characters() -> None:
    """A character that does not fit is dropped whole."""
    assert cut("aé", 2) == "a"
    assert cut("aé", 3) == "aé"


def test_transition_times_move_only_on_change() -> None:
    """An unchanged condition keeps its time, a changed one gets the present."""
    before = [
        {"type": "A", "status": "True", "lastTransitionTime": "old"},
        {"type": "B", "status": "True", "lastTransitionTime": "old"},
    ]
    after = [{"type": "A", "status": "True"}, {"type": "B", "status": "False"}]
    times = [c["lastTransitionTime"] for c in with_times(after, before, NOW)]
    assert times == ["old", NOW]


def test_conditions_of_a_pod_that_waits_for_an_init_container() -> None:
    """It is not initialized, and not ready."""
    status = pod_status(record(WAIT, init=(RUN,)), {}, NOW)
    found = {c["type"]: (c["status"], c["reason"]) for c in status["conditions"]}
    assert found["Initialized"] == ("False", "ContainersNotInitialized")
    assert found["Ready"] == ("False", "ContainersNotReady")


def test_a_lost_pod_keeps_what_is_known() -> None:
    """After a restart of the node, ends already reported stay, others are unknown."""
    raw = make_pod(initContainers=[make_container("first")])
    ended = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": NOW}}
    raw["status"] = {
        "startTime": NOW,
        "initContainerStatuses": [{"name": "first", "state": ended}],
        "containerStatuses": [{"name": "main", "state": {"running": {}}}],
    }
    status = lost(raw, NOW)
    assert status["phase"] == "Failed"
    assert status["reason"] == "ContainerStatusUnknown"
    first = status["initContainerStatuses"][0]["state"]["terminated"]
    main = status["containerStatuses"][0]["state"]["terminated"]
    assert (first["exitCode"], first["reason"]) == (0, "Completed")
    assert (main["exitCode"], main["reason"]) == (137, "ContainerStatusUnknown")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"state": {"running": {}}}, True),
        ({"state": {"terminated": {"exitCode": 0}}}, True),
        ({"state": {"waiting": {}}, "lastState": {"terminated": {}}}, True),
        ({"state": {"waiting": {"reason": "ImagePullBackOff"}}}, False),
    ],
)
def test_has_started(state: dict[str, object], expected: bool) -> None:
    """A pod counts as started once the API server has seen a container run."""
    raw = make_pod()
    raw["status"] = {"containerStatuses": [{"name": "main", **state}]}
    assert has_started(raw) is expected
    assert not has_started(make_pod())


STATES = st.one_of(
    st.builds(Waiting, st.just("Waits"), st.text(max_size=20)),
    st.just(RUN),
    st.builds(
        Terminated, st.integers(0, 255), st.just("Ended"), st.text(max_size=9000)
    ),
)
PAIRS = st.one_of(STATES, st.tuples(st.just(WAIT), st.just(BAD)))
PHASES = {"Pending", "Running", "Succeeded", "Failed"}


@given(
    states=st.lists(PAIRS, min_size=1, max_size=4),
    init=st.lists(PAIRS, max_size=3),
    policy=st.sampled_from(["Never", "OnFailure", "Always"]),
    stopping=st.booleans(),
)
def test_every_state_has_a_valid_status(
    states: list[State], init: list[State], policy: str, stopping: bool
) -> None:
    """Whatever happened to the containers: one phase, one state each, within limits."""
    pod = record(*states, init=tuple(init), policy=policy, stopping=stopping)
    status = pod_status(pod, {}, NOW)
    assert status["phase"] in PHASES
    every = [*status["initContainerStatuses"], *status["containerStatuses"]]
    assert all(len(container["state"]) == 1 for container in every)
    ends = [container["state"].get("terminated", {}) for container in every]
    room = sum(len(end.get("message", "").encode()) for end in ends)
    assert room <= 12 * 1024
    if status["phase"] == "Succeeded":
        assert all(end.get("exitCode") == 0 for end in ends)
