"""`killick plan` and `killick doctor` with the operator's rights: a look, no more."""

import subprocess
from collections.abc import Mapping

from dev.environments.images import ensure_environment
from dev.operator_program import NAMESPACE
from tests.system.support.canaries import leaks
from tests.system.support.loop_manifests import NAME
from tests.system.support.loop_world import LoopWorld

Answer = subprocess.CompletedProcess[str]
CONFIG_MAP = ("configmap", "killick-settings", "--namespace", NAMESPACE)


def killick(world: LoopWorld, *arguments: str) -> Answer:
    """Run the command line tool with the operator's account and environment."""
    venv = ensure_environment("operator")
    return run(world, arguments, world.operator.program(venv).environment)


def in_a_shell(world: LoopWorld, *arguments: str, **settings: str) -> Answer:
    """Run it as a person does: with the settings that are given, and no others."""
    venv = ensure_environment("operator")
    environment = world.operator.program(venv).environment
    work = {"KILLICK_WORK_DIRECTORY": environment["KILLICK_WORK_DIRECTORY"]}
    own = {k: v for k, v in environment.items() if not k.startswith("KILLICK_")}
    return run(world, arguments, {**own, **work, **settings})


def run(
    world: LoopWorld, arguments: tuple[str, ...], environment: Mapping[str, str]
) -> Answer:
    """Run it; it never prints a secret."""
    python = ensure_environment("operator") / "bin" / "python"
    answer = subprocess.run(
        [python, "-m", "killick.cli.main", *arguments],
        env={**environment, "COLUMNS": "200"},
        cwd=world.operator.directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    printed = {"its output": answer.stdout, "its errors": answer.stderr}
    assert leaks(world.secrets(), printed) == []
    return answer


def published(world: LoopWorld) -> bool:
    """Return whether the ConfigMap holds the settings of this world's operator."""
    data = world.cluster.get(*CONFIG_MAP).get("data") or {}
    return bool(data.get("KILLICK_TRACKING_URI") == world.operator.tracking_uri)


def test_a_shell_has_the_operators_settings(proven_world: LoopWorld) -> None:
    """The operator publishes its settings; a plan and a doctor use them and say so."""
    world = proven_world
    plan = ("plan", NAME, "--namespace", world.namespace)
    world.start()
    world.wait("the settings", lambda: published(world))
    answer = in_a_shell(world, *plan)
    assert answer.returncode == 0, answer.stderr
    assert "settings: ConfigMap killick-system/killick-settings\n" in answer.stdout
    assert "warning" not in answer.stdout
    assert "NoTrackingURI" not in answer.stdout
    doctor = in_a_shell(world, "doctor", "--namespace", world.namespace)
    assert doctor.returncode == 0, doctor.stdout
    assert "settings: ConfigMap killick-system/killick-settings\n" in doctor.stdout
    assert f"{NAME}: registry: ok" in doctor.stdout
    away = in_a_shell(world, *plan, KILLICK_TRACKING_URI="http://127.0.0.1:9")
    assert "and KILLICK_TRACKING_URI from the environment" in away.stdout
    assert "RegistryUnreachable" in away.stdout


def test_a_change_of_the_published_settings_does_not_last(world: LoopWorld) -> None:
    """What somebody else writes into the ConfigMap is written over."""
    world.start()
    world.wait("the settings", lambda: published(world))
    wrong = '{"data": {"KILLICK_TRACKING_URI": "http://wrong"}}'
    world.cluster.kubectl("patch", *CONFIG_MAP, "--type=merge", "--patch", wrong)
    world.wait("the settings again", lambda: published(world))


def test_a_shell_without_the_operators_settings(proven_world: LoopWorld) -> None:
    """Where no ConfigMap can be read, the plan says so, and how to name it."""
    world = proven_world
    plan = ("plan", NAME, "--namespace", world.namespace)
    answer = in_a_shell(world, *plan, "--operator-namespace", world.namespace)
    assert answer.returncode == 0, answer.stderr
    assert "settings: built-in defaults\n" in answer.stdout
    assert f"ConfigMap {world.namespace}/killick-settings cannot be" in answer.stdout
    assert "--operator-namespace" in answer.stdout
    assert "NoTrackingURI" in answer.stdout


def test_plan_tells_and_changes_nothing(proven_world: LoopWorld) -> None:
    """`killick plan` names the next effect and the conditions; nothing changes."""
    world = proven_world
    before = world.look().manifest["metadata"]["resourceVersion"]
    answer = killick(world, "plan", NAME, "--namespace", world.namespace)
    assert answer.returncode == 0, answer.stderr
    assert f"{world.namespace}/{NAME}" in answer.stdout
    assert "would do now: ApplyCheck" in answer.stdout
    assert "Adopted" in answer.stdout
    assert world.look().manifest["metadata"]["resourceVersion"] == before
    assert "line-check" not in world.kubectl("get", "cronjobs")
    assert world.alias("challenger") is None
    assert world.promotions() == []


def test_plan_of_nothing(world: LoopWorld) -> None:
    """`killick plan` of an object that does not exist says so."""
    answer = killick(world, "plan", "missing", "--namespace", world.namespace)
    assert answer.returncode == 1
    assert "there is no ModelDeployment" in answer.stderr


def test_doctor_is_content(proven_world: LoopWorld) -> None:
    """`killick doctor` finds versions, rights and addresses in order."""
    world = proven_world
    before = world.look().manifest["metadata"]["resourceVersion"]
    answer = killick(world, "doctor", "--namespace", world.namespace)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "✘" not in answer.stdout
    for word in ("API server", "libgit2", "cronjobs", "secrets", "registry", "reposit"):
        assert word in answer.stdout
    assert world.look().manifest["metadata"]["resourceVersion"] == before


def test_doctor_misses_rights(bare_world: LoopWorld) -> None:
    """`killick doctor` exits with 1 and names what a namespace has not granted."""
    answer = killick(bare_world, "doctor", "--namespace", bare_world.namespace)
    assert answer.returncode == 1
    assert "cronjobs: missing" in answer.stdout
    command = f"kubectl apply -n {bare_world.namespace} -k deploy/tenant"
    assert command in answer.stdout
