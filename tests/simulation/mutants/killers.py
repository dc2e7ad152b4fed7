"""By what each seeded bug is killed: a story, and where needed a fault at one call."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulation.engine.run import Run, play
from tests.simulation.engine.wire import Fault
from tests.simulation.mutants.mutation import Mutant
from tests.simulation.stories.catalog import SCENARIOS


@dataclass(frozen=True)
class Killer:
    """The story, the words of its violation, and the fault (verb, which one)."""

    story: str
    part: str
    fault: Fault | None = None
    verb: str = ""
    nth: int = 1
    deaf: bool = False


KILLERS: dict[str, Killer] = {
    "a status is written without its lock": Killer(
        "full story", "not over", Fault.STALE, "get_model_deployment", 35
    ),
    "a training Job's name changes at each try": Killer(
        "full story", "trainings run at once"
    ),
    "a promotion's ID is made of the time": Killer("status erased@landed", "not over"),
    "only an event wakes the object": Killer(
        "full story", "writes in quiet", deaf=True
    ),
    "the history is not searched before a push": Killer(
        "reverted while down", "landed twice"
    ),
    "a failed creation is tried under another name": Killer(
        "full story", "trainings run at once", Fault.TIMEOUT_APPLIED, "create_job"
    ),
    "a push without an answer is made again": Killer(
        "full story", "was overwritten", Fault.TIMEOUT_APPLIED, "push_value"
    ),
    "the alias moves before Git has the version": Killer(
        "full story", "crowned before Git"
    ),
    "the newest version is the candidate": Killer(
        "a foreign version@running", "is not None"
    ),
    "Jobs are tidied away while they run": Killer("full story", "not over"),
    "the value is set whatever it is now": Killer(
        "a person edits our key@evaluating", "was overwritten"
    ),
    "the branch is forced": Killer("a commit in between@proposed", "people are gone"),
    "the alias moves whoever moved it": Killer(
        "a person moves the alias@deployed", "not over"
    ),
    "an effect that failed is taken for done": Killer(
        "push away@proposed", "without a pause"
    ),
    "an unreadable registry is an empty one": Killer(
        "registry away@running", "not over"
    ),
    "an error's text holds the token": Killer("target changes@proposed", "a secret is"),
    "neither cooldown nor budget": Killer("evaluation rejects", "a training began"),
    "what failed is tried again at once": Killer(
        "push away@proposed", "without a pause"
    ),
    "the next look is always at once": Killer("full story", "without a pause"),
    "one look serves two keys": Killer("two objects", "not over"),
    "whatever the evaluation said, it passed": Killer(
        "evaluation rejects", "the evaluation was"
    ),
    "Promoted is claimed when proposed": Killer("full story", "Promoted is claimed"),
    "Ready, once False, stays False": Killer("git away@running", "Ready is not True"),
    "a policy that changed is not seen": Killer(
        "policy changes@evaluating", "1 evaluations"
    ),
    "every pass moves the conditions' times": Killer(
        "full story", "writes in quiet passes"
    ),
    "whoever owns a Job, it is ours": Killer(
        "name taken@intended", "was never created"
    ),
    "deletion is not seen": Killer("deleted@proposed", "after the deletion"),
    "a version that is not found yet does not exist": Killer(
        "training Job vanishes, search lags", "not over"
    ),
    "an alias that is news is believed at once": Killer(
        "full story", "held without a cause", Fault.STALE, "by_alias", 81
    ),
    "a lost status buys a new budget": Killer(
        "budget exhausted, all lost", "more trainings than the budget"
    ),
    "a wish to be left alone is not read": Killer(
        "full story", "asked before the time", Fault.TOO_MANY, "run"
    ),
    "a file nested too deep ends the process": Killer(
        "values nested too deep@running", "no condition named"
    ),
    "nobody else's claim is seen": Killer("one target", "owns nothing"),
    "another version's status is read as our own": Killer(
        "another version's status@proposed", "unknown status"
    ),
    "a name that is taken is answered by another": Killer(
        "full story", "trainings run at once", Fault.ANOTHER, "create_job"
    ),
    "suspend is not seen": Killer("suspended a while@running", "while suspended"),
}


def hunt(mutant: Mutant) -> Run:
    """Play a mutant where its killer is; the fault's call is counted as it comes."""
    killer = KILLERS[mutant.name]
    scenario = next(s for s in SCENARIOS if str(s) == killer.story)
    plan = {}
    if killer.fault:
        calls = play(scenario, wrap=mutant.mutate, deaf=killer.deaf).wire.calls
        struck = [c.number for c in calls if c.verb == killer.verb]
        plan = {struck[killer.nth - 1]: killer.fault}
    return play(scenario, plan, wrap=mutant.mutate, deaf=killer.deaf)


def sound(mutant: Mutant, run: Run) -> Run:
    """Play the same without the bug."""
    killer = KILLERS[mutant.name]
    scenario = next(s for s in SCENARIOS if str(s) == killer.story)
    return play(scenario, run.wire.plan, deaf=killer.deaf)


def table(mutants: tuple[Mutant, ...]) -> str:
    """Return the track record: each bug, its class and what noticed it."""
    lines = ["| class | seeded bug | killed by | what is noticed |"]
    lines.append("| ---: | --- | --- | --- |")
    for mutant in mutants:
        killer, run = KILLERS[mutant.name], hunt(mutant)
        where = killer.story
        if killer.fault:
            where += f", {killer.fault.value} at `{killer.verb}`"
        if killer.deaf:
            where += ", no events"
        said = run.violation.split(":")[0].split(" by 20")[0]
        noticed = said if killer.part in run.violation else "**alive**"
        lines.append(f"| {mutant.bug_class} | {mutant.name} | {where} | {noticed} |")
    return "\n".join(lines)
