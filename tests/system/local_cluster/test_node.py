"""The development node runs what real controllers and the scheduler give it."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.kubernetes.cluster import LocalCluster
from dev.waiting import wait_until
from tests.system.local_cluster.node_bench import (
    Bench,
    Json,
    container,
    logs,
    shell,
    states,
    terminated,
)


@pytest.fixture
def bench(node: LocalCluster, namespace: str) -> Iterator[Bench]:
    """A namespace whose Jobs run on the node."""
    yield Bench(node, namespace)
    node.kubectl("delete", "jobs,pods", "--all", f"--namespace={namespace}")


def test_a_job_succeeds_and_its_log_is_there(bench: Bench) -> None:
    """A Job completes, its pod tells times and message, and kubectl logs works."""
    bench.create(shell("echo one; echo two >&2; echo said > $TERMINATION_LOG_PATH"))
    pod = bench.end()
    end = terminated(pod)
    assert pod["status"]["phase"] == "Succeeded"
    assert (end["exitCode"], end["reason"]) == (0, "Completed")
    assert end["message"] == "said\n"
    assert end["startedAt"] <= end["finishedAt"]
    scheduled = [c for c in pod["status"]["conditions"] if c["type"] == "PodScheduled"]
    assert scheduled[0]["status"] == "True"
    bench.until_job("Complete")
    assert logs(bench) == "one\ntwo\n"
    assert logs(bench, "--tail=1") == "two\n"


def test_a_log_can_be_followed(bench: Bench) -> None:
    """A followed log ends with the container and misses nothing."""
    bench.create(shell("for i in 1 2 3; do echo $i; sleep 0.3; done"))
    bench.until_phase("Running", "Succeeded")
    assert logs(bench, "--follow") == "1\n2\n3\n"


def test_init_containers_share_a_directory_with_the_main_one(bench: Bench) -> None:
    """They run in order before it, and an emptyDir carries files over."""
    mounts = [{"name": "data", "mountPath": "/data"}]
    bench.create(
        shell(
            'cat /data/in; cat "$FILE"; test -d "$TMPDIR"',
            env=[{"name": "FILE", "value": "/data/in"}],
            volumeMounts=[*mounts, {"name": "tmp", "mountPath": "/tmp"}],
        ),
        initContainers=[
            shell("echo first > /data/in", name="first", volumeMounts=mounts),
            shell("echo second >> /data/in", name="second", volumeMounts=mounts),
        ],
        volumes=[{"name": "data", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}],
    )
    assert bench.end()["status"]["phase"] == "Succeeded"
    assert logs(bench) == "first\nsecond\n" * 2


def test_a_failed_init_container_fails_the_pod(bench: Bench) -> None:
    """The main container is never started, and the Job fails."""
    bench.create(shell("echo never"), initContainers=[shell("exit 4", name="prepare")])
    pod = bench.end()
    first = terminated(pod, "initContainerStatuses")
    assert (first["exitCode"], first["reason"]) == (4, "Error")
    assert states(pod, "waiting")[0]["reason"] == "PodInitializing"
    bench.until_job("Failed")


def test_too_much_memory_is_oom_killed(bench: Bench) -> None:
    """A container above its memory limit ends with OOMKilled and 137."""
    script = "x = bytearray(200 << 20); import time; time.sleep(60)"
    limits = {"limits": {"memory": "100Mi"}}
    bench.create(container("python", "-c", script, resources=limits))
    end = terminated(bench.end())
    assert (end["exitCode"], end["reason"]) == (137, "OOMKilled")


def test_a_pod_beyond_its_deadline_fails(bench: Bench) -> None:
    """It gets SIGTERM, and the pod says DeadlineExceeded."""
    script = "trap 'exit 3' TERM; echo up; while :; do sleep 0.05; done"
    bench.create(shell(script), activeDeadlineSeconds=1)
    pod = bench.end()
    assert pod["status"]["reason"] == "DeadlineExceeded"
    ended = wait_until("its end", lambda: states(bench.pod(), "terminated"))
    assert ended[0]["exitCode"] == 3


def test_an_unknown_image_keeps_the_pod_pending(bench: Bench) -> None:
    """It waits in ImagePullBackOff, as in a real cluster, until it is deleted."""
    bench.create({**shell("true"), "image": "no-such-image:1"})
    assert "no-such-image:1" in bench.until_waiting("ImagePullBackOff")["message"]
    assert bench.pod()["status"]["phase"] == "Pending"
    bench.delete("job/job")
    wait_until("the pod's end", bench.pod, lambda pod: not pod)


def test_a_long_message_is_cut(bench: Bench) -> None:
    """Of a message the last 4096 bytes are kept."""
    script = 'head -c 5000 /dev/zero | tr "\\0" x > /dev/termination-log'
    bench.create(shell(script + "; echo end >> /dev/termination-log"))
    message = terminated(bench.end())["message"]
    assert message == "x" * 4092 + "end\n"


def test_four_containers_share_12_kib_of_messages(bench: Bench) -> None:
    """Each may say 3072 bytes at most."""
    script = 'head -c 4000 /dev/zero | tr "\\0" x > /dev/termination-log'
    bench.create(*(shell(script, name=f"c{number}") for number in range(4)))
    ends = states(bench.end(), "terminated")
    assert [len(end["message"]) for end in ends] == [3072] * 4


def test_a_failed_container_falls_back_to_its_log(bench: Bench) -> None:
    """Under FallbackToLogsOnError the log's end is the message of a failure."""
    policy = {"terminationMessagePolicy": "FallbackToLogsOnError"}
    bench.create(shell("echo broken; exit 1", **policy))
    assert terminated(bench.end())["message"] == "broken\n"


def test_secrets_arrive_and_nothing_else_does(bench: Bench) -> None:
    """Variables and files from a secret; none of the node's own environment."""
    encoded = base64.b64encode(b"hunter2").decode()
    bench.apply("v1", "Secret", "s", data={"password": encoded})
    chosen = {"secretKeyRef": {"name": "s", "key": "password"}}
    downward = {"fieldRef": {"fieldPath": "metadata.labels['job-name']"}}
    bench.create(
        shell(
            "env | cut -d= -f1 | sort; echo $PASSWORD $URL $JOB $P_password;"
            "cat /secret/password",
            env=[
                {"name": "PASSWORD", "valueFrom": chosen},
                {"name": "URL", "value": "db://u:$(PASSWORD)@host"},
                {"name": "JOB", "valueFrom": downward},
            ],
            envFrom=[{"prefix": "P_", "secretRef": {"name": "s"}}],
            volumeMounts=[{"name": "s", "mountPath": "/secret"}],
        ),
        volumes=[{"name": "s", "secret": {"secretName": "s"}}],
    )
    assert bench.end()["status"]["phase"] == "Succeeded"
    *names, values, file = logs(bench).splitlines()
    assert values == "hunter2 db://u:hunter2@host job hunter2"
    assert file == "hunter2"
    assert set(names) <= {
        *("HOME", "JOB", "LANG", "PASSWORD", "PATH", "PWD", "PYTHONPATH", "P_password"),
        *("SHLVL", "TERMINATION_LOG_PATH", "URL", "VIRTUAL_ENV", "_"),
        *("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"),
        "DRIFTCHECK_EVIDENTLY_PYTHON",  # the image's own
    }


def test_a_missing_secret_is_waited_for(bench: Bench) -> None:
    """CreateContainerConfigError until the secret exists, then it runs."""
    chosen = {"secretKeyRef": {"name": "late", "key": "k"}}
    bench.create(shell("echo $A", env=[{"name": "A", "valueFrom": chosen}]))
    waiting = bench.until_waiting("CreateContainerConfigError")
    assert waiting["message"] == 'secret "late" not found'
    bench.apply("v1", "Secret", "late", data={"k": base64.b64encode(b"v").decode()})
    assert bench.end()["status"]["phase"] == "Succeeded"
    assert logs(bench) == "v\n"


def test_the_service_accounts_token_is_mounted(bench: Bench, tmp_path: Path) -> None:
    """An automounted token is one that the API server accepts."""
    path = "/var/run/secrets/kubernetes.io/serviceaccount"
    script = f"test -s {path}/ca.crt && cp {path}/* {tmp_path} && sleep 100"
    bench.create(shell(script))
    copied = tmp_path / "token"
    wait_until("the token", lambda: copied.exists() and copied.read_text())
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}
    text = json.dumps({**review, "spec": {"token": copied.read_text()}})
    kubectl = bench.cluster.kubectl
    answer = json.loads(kubectl("create", "-f", "-", "-o", "json", input=text))
    user = answer["status"]["user"]["username"]
    assert user == f"system:serviceaccount:{bench.namespace}:default"
    assert (tmp_path / "namespace").read_text() == bench.namespace


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (
            {
                "volumes": [
                    {"name": "v", "persistentVolumeClaim": {"claimName": "claim"}}
                ]
            },
            "spec.volumes[0].persistentVolumeClaim",
        ),
        ({"hostname": "other"}, "spec.hostname"),
    ],
)
def test_what_cannot_be_honoured_fails(bench: Bench, spec: Json, field: str) -> None:
    """The pod fails at once and names the field."""
    bench.apply(
        "v1",
        "PersistentVolumeClaim",
        "claim",
        spec={
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Mi"}},
            "volumeName": "none",
        },
    )
    pod = {"restartPolicy": "Never", "containers": [shell("true")], **spec}
    # Bound by hand: the scheduler would wait for the claim.
    bench.apply("v1", "Pod", "odd", spec={**pod, "nodeName": "killick-node"})

    def look() -> Json:
        name = f"--namespace={bench.namespace}"
        status: Json = bench.cluster.get("pod", "odd", name)["status"]
        return status

    status = wait_until("its failure", look, lambda seen: seen["phase"] == "Failed")
    assert status["reason"] == "UnsupportedField"
    assert field in status["message"]


def test_a_command_that_does_not_exist(bench: Bench) -> None:
    """The container ends with StartError, as under a container runtime."""
    bench.create(container("no-such-program"))
    end = terminated(bench.end())
    assert (end["exitCode"], end["reason"]) == (128, "StartError")


def test_restart_on_failure_counts(bench: Bench) -> None:
    """Under OnFailure a failed container is started again in the same pod."""
    mounts = [{"name": "data", "mountPath": "/data"}]
    bench.create(
        shell(
            "test -e /data/seen || { touch /data/seen; exit 1; }", volumeMounts=mounts
        ),
        restartPolicy="OnFailure",
        volumes=[{"name": "data", "emptyDir": {}}],
    )
    status = bench.end()["status"]["containerStatuses"][0]
    assert status["restartCount"] == 1
    assert status["lastState"]["terminated"]["exitCode"] == 1
    assert status["state"]["terminated"]["exitCode"] == 0
