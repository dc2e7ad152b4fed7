"""Play the story on real parts. With KEEP=1 everything stays up afterwards.

`python -m dev.demo` becomes this program once everything is installed.
Exit code 0 only if the promotion commit is in the repository and the status says so.
"""

import os
import signal
import sys
import time

from dev.demo.manifests import NAME, NAMESPACE
from dev.demo.parts import REPOSITORY, Parts, running
from dev.demo.screen import Screen
from dev.demo.story import Outcome, Story
from dev.demo.watch import StoryError
from dev.environments.prepare import prepare
from dev.kubernetes.cluster import KubectlError
from dev.processes import signals
from dev.processes.orphan_reaper import end_own_runs
from dev.processes.supervisor import StartError


def play(screen: Screen) -> None:
    """Set up, tell the story, and say how it ended."""
    keep = os.environ.get("KEEP", "") not in ("", "0")
    with running(prepare(screen.progress), screen.progress) as parts:
        story = Story(parts, screen)
        story.set_the_scene()
        story.calm()
        look = story.change()
        drift = look.at("drift.topColumns", "") or look.at("drift.message", "")
        story.retrain()
        story.evaluate()
        outcome = story.promote(drift)
        _summary(screen, outcome)
        if keep:
            _stay(screen, parts, story.operator_url)


def _summary(screen: Screen, outcome: Outcome) -> None:
    result = outcome.result
    screen.chapter(
        "The end",
        f"Drifted: {outcome.drift} (distance in standard deviations of the reference).",
        f"Retrained once: version {outcome.version}. On {result['rows']} rows that "
        f"came later its error is {float(result['candidateScore']):.3f} instead of "
        f"{float(result['championScore']):.3f}; better by {float(result['lower']):.3f} "
        f"to {float(result['upper']):.3f} with 95 % confidence.",
        f"Promoted by commit {outcome.commit[:12]}, one changed line, and now the "
        "champion in MLflow.",
        "Where to look next: examples/story/README.md (the story and its numbers), "
        "examples/story/modeldeployment.yaml (the object), make demo KEEP=1 (leave "
        "it running and look around).",
    )


def _stay(screen: Screen, parts: Parts, operator_url: str) -> None:
    cluster = parts.cluster
    git = parts.directory / "git" / "repositories" / f"{REPOSITORY}.git"
    screen.chapter("Everything stays up (KEEP=1). In another terminal:")
    screen.quote(
        f"export KUBECONFIG={cluster.kubeconfig}\n"
        f"alias kubectl={cluster.kubectl_program}\n"
        f"kubectl describe modeldeployment {NAME} --namespace {NAMESPACE}\n"
        f"kubectl get cronjobs,jobs,pods,events --namespace {NAMESPACE}\n"
        f"git --git-dir {git} log\n\n"
        f"MLflow      {parts.mlflow.url}\n"
        f"metrics     {operator_url}/metrics\n"
        f"logs        {parts.directory / 'logs'}\n\n"
        f"To stop it: Ctrl-C here, or kill {os.getpid()}"
    )
    while True:
        time.sleep(3600)


def main() -> int:
    """Run the demo; on a signal the exit code is 128 plus its number."""
    # The time at which `make demo` began, so that the clock on the screen goes on.
    screen = Screen(float(sys.argv[1])) if sys.argv[1:] else Screen()
    # A shell that starts us in the background has INT ignored; stopping must work.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with signals.raised():
            play(screen)
    except KeyboardInterrupt as reason:
        number = reason.number if isinstance(reason, signals.Terminated) else 0
        end_own_runs()
        screen.progress("stopped: nothing is left running")
        return 128 + (number or signal.SIGINT)
    except (StartError, StoryError, KubectlError) as error:
        screen.chapter("The story did not come to its end")
        screen.quote(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
