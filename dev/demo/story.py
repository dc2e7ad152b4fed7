"""The story in its parts: calm, drift, retraining, evaluation, promotion."""

import json
import time
from dataclasses import dataclass
from typing import Any

from dev.demo import manifests
from dev.demo.manifests import NAME, NAMESPACE, Addresses
from dev.demo.parts import REPOSITORY, Parts
from dev.demo.screen import Screen
from dev.demo.watch import Look, StoryError, Watcher
from dev.operator_program import OperatorProgram, grant, install

LIMIT = 8 * 60.0  # seconds that the story may take once everything runs
RATE = 5.0  # rows a second, as the feeder sends them
CALM_SECONDS = 246 / RATE  # how long the rows of the calm stretch last
# A check runs at the full minute. It should see about a window of calm rows, and run
# before they end.
EARLIEST, LATEST = 18.0, CALM_SECONDS - 6.0
LOADING = 5.0  # seconds that the feeder takes to load the model


def pause_before_feeding(second: float) -> float:
    """Return how long to wait, at this second of a minute, before the feeder starts.

    Checks run at the full minute; the next one that comes should see calm rows.
    """
    left = 60 - second - LOADING
    if EARLIEST <= left <= LATEST:
        return 0.0
    return left - LATEST if left > LATEST else left + 60 - LATEST


@dataclass(frozen=True)
class Outcome:
    """The result of the story."""

    version: str
    commit: str
    drift: str
    result: dict[str, Any]


class Story:
    """Plays the story on running parts; StoryError if it does not reach its end."""

    def __init__(self, parts: Parts, screen: Screen) -> None:
        self._parts = parts
        self._screen = screen
        self._control = parts.directory / "stretch"
        self._watcher = Watcher(parts, screen, time.monotonic() + LIMIT)
        self._operator: OperatorProgram

    @property
    def operator_url(self) -> str:
        """Return where the operator serves /metrics and /healthz."""
        return self._operator.url

    def set_the_scene(self) -> None:
        """Register version 1, start the operator, apply the manifests."""
        parts, screen = self._parts, self._screen
        git_url = parts.create_stores()
        install(parts.cluster)
        parts.cluster.create_namespace(NAMESPACE)
        grant(parts.cluster, NAMESPACE)
        self._operator = OperatorProgram.of(
            parts.cluster,
            parts.mlflow.url,
            parts.directory / "operator",
            # A named namespace is watched for Jobs; others are looked at in turn.
            KILLICK_NAMESPACES=NAMESPACE,
        )
        operator = self._operator.start(parts.supervisor)
        screen.progress("training version 1 on the years 2004 to 2006")
        trained = parts.train_first_version()
        screen.progress(
            f"{NAME} version {trained['version']} registered: {trained['rows']} rows"
        )
        operator.wait_ready(screen.progress)
        addresses = Addresses(
            reference_uri=trained["reference_uri"],
            references=parts.references.as_uri(),
            git_url=git_url,
            git_token=parts.git.token,
            database_url=parts.reader_url,
        )
        parts.cluster.apply(*manifests.secrets(addresses))
        parts.cluster.apply(*manifests.training(addresses))
        self._apply(manifests.model_deployment(addresses))

    def _apply(self, manifest: dict[str, Any]) -> None:
        self._screen.chapter(
            "One object describes the model, its data, and what Killick may do",
            "The model predicts tomorrow's price range of two stock indices. It was "
            "trained on the quiet years 2004 to 2006 (examples/story).",
        )
        # With plain kubectl, as a person does it.
        file = self._parts.directory / "modeldeployment.json"
        file.write_text(json.dumps(manifest, indent=2))
        answer = self._parts.cluster.kubectl("apply", "-f", str(file))
        self._screen.quote(answer, "kubectl apply -f modeldeployment.yaml")
        self._watcher.until(
            "the operator to adopt the object",
            lambda look: look.condition("Adopted").startswith("True"),
        )

    def calm(self) -> None:
        """Replay quiet months until a check reports NoDrift."""
        self._screen.chapter(
            "January 2007: calm",
            "Market history from January 2007 on is replayed into PostgreSQL, five "
            "rows a second, as a model server would log its predictions. A check "
            "runs every minute on windows of 20 seconds.",
        )
        self._wait_for_a_good_second()
        self._control.write_text("calm")
        self._parts.start_feeder(f"models:/{NAME}/1", self._control)
        end = time.monotonic() + CALM_SECONDS + 15

        def judged(look: Look) -> bool:
            calm = look.at("drift.verdict") == "NoDrift" or look.windows("NoDrift")
            return bool(calm) or time.monotonic() > end

        look = self._watcher.until("a first verdict", judged)
        self._show_check(look, numbers=False)

    def change(self) -> Look:
        """Continue with 2008 until the drift has lasted long enough to act."""
        self._control.write_text("changed")
        self._screen.chapter(
            "January 2008: the world changes",
            "The replay continues with the year of the credit crisis. One drifted "
            "window is not enough: two of three consecutive windows open an episode, "
            "which Killick answers with one retraining.",
        )
        look = self._watcher.until("an episode", lambda look: bool(look.at("episode")))
        self._screen.say(f"The episode: {look.at('episode.message', '')}.")
        self._show_check(look)
        return look

    def retrain(self) -> None:
        """Follow the one training Job until its version is registered."""
        self._screen.chapter("Retraining, once")
        look = self._watcher.until(
            "the training Job", lambda look: bool(look.at("attempt.job"))
        )
        job = look.at("attempt.job")
        self._screen.say(
            f"Attempt {look.at('attempt.id')} is Job {job}, made from the suspended "
            f"CronJob {NAME}-train. It may only use rows before "
            f"{look.at('attempt.startedAt')}, so that later rows can test it."
        )
        look = self._watcher.until(
            "the new version",
            lambda look: bool(look.at("attempt.version") or look.at("attempt.reason")),
        )
        version = look.at("attempt.version")
        if version is None:
            logs = self._watcher.kubectl("logs", f"job/{job}", "--tail=20")
            message = f"the attempt failed: {look.at('attempt.message')}\n{logs}"
            raise StoryError(message)
        logs = self._watcher.kubectl("logs", f"job/{job}")
        first = [line for line in logs.splitlines() if "of the log" in line]
        self._screen.say(f"Trained on {''.join(first)}; registered version {version}.")

    def evaluate(self) -> Look:
        """Wait until champion and candidate were compared on later rows."""
        self._screen.chapter(
            "Is it better? Both versions predict rows that neither was trained on",
        )

        def settled(look: Look) -> bool:
            return bool(look.at("evaluation.result") and look.at("evaluation.reason"))

        look = self._watcher.until("the evaluation", settled)
        result = look.at("evaluation.result")
        before, after = look.at("evaluation.champion"), look.at("evaluation.candidate")
        self._screen.quote(
            f"{result['metric']} on {result['rows']} labeled rows, in percent of "
            f"the index\n"
            f"  version {before} (champion)   {float(result['championScore']):.3f}\n"
            f"  version {after} (candidate)  {float(result['candidateScore']):.3f}\n"
            f"  better by {float(result['improvement']):.3f}, 95 % interval "
            f"{float(result['lower']):.3f} to {float(result['upper']):.3f}"
        )
        if look.at("evaluation.state") != "Passed":
            message = f"version {after} did not pass: {look.at('evaluation.message')}"
            raise StoryError(message)
        return look

    def promote(self, drift: str) -> Outcome:
        """Wait for the commit, and verify that it is in the repository."""
        self._screen.chapter("Promotion: one commit, one changed value")
        look = self._watcher.until(
            "the promotion", lambda look: look.at("promotion.state") == "Done"
        )
        commit, version = look.at("promotion.commit"), look.at("promotion.version")
        repository = self._parts.git.repository(REPOSITORY)
        self._screen.quote(repository.show(commit), f"git show {commit[:12]}")
        path, before = manifests.values_file()
        after = repository.read(path)
        wanted = before.replace(
            f"models:/{NAME}/1".encode(), f"models:/{NAME}/{version}".encode()
        )
        trailer = f"Killick-Promotion: {look.at('promotion.id')}"
        message = next(c.message for c in repository.log() if c.sha == commit)
        if after != wanted or trailer not in message or version == "1":
            raise StoryError("the repository does not contain the expected promotion")
        if look.at("versions.champion") != version:
            raise StoryError(f"version {version} is in Git, but not the champion")
        return Outcome(version, commit, drift, look.at("evaluation.result"))

    def _show_check(self, look: Look, *, numbers: bool = True) -> None:
        """Print the log of the last check's pod: verdicts, numbers, histograms.

        Without `numbers` print only the verdicts, which come first.
        """
        job = look.at("drift.lastCheck")
        if not job:
            return
        lines = self._watcher.kubectl("logs", f"job/{job}").splitlines()
        tables = [i for i, line in enumerate(lines) if line.startswith("  column ")]
        command = f"kubectl logs job/{job}"
        if tables and not numbers:
            command = f"{command} | head -n {tables[0]}"
            lines = lines[: tables[0]]
        self._screen.quote("\n".join(lines), command)

    def _wait_for_a_good_second(self) -> None:
        pause = pause_before_feeding(time.time() % 60)
        if pause:
            self._screen.progress(
                f"waiting {pause:.0f} s, so that a check sees the calm months"
            )
            time.sleep(pause)
