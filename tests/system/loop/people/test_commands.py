"""`killick plan` and `killick doctor` with the operator's rights: a look, no more."""

import subprocess

from dev.environments.images import ensure_environment
from tests.system.support.canaries import leaks
from tests.system.support.loop_manifests import NAME
from tests.system.support.loop_world import LoopWorld


def killick(world: LoopWorld, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line tool as the operator's ServiceAccount."""
    venv = ensure_environment("operator")
    program = world.operator.program(venv)
    answer = subprocess.run(
        [venv / "bin" / "python", "-m", "killick.cli.main", *arguments],
        env={**program.environment, "COLUMNS": "200"},
        cwd=program.cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    printed = {"its output": answer.stdout, "its errors": answer.stderr}
    assert leaks(world.secrets(), printed) == []
    return answer


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
