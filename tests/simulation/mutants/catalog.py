"""Seeded bugs: each breaks one rule that the operator keeps, and must be noticed.

The classes are those of docs/contributing/simulator.md. A mutant exchanges the
planner, the executor or a port of the operator's `World`; the product has no switch
for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from killick.errors import KillickError
from killick.observe.gather import Ports
from killick.retry_after import RetryAfterGate
from tests.simulation.mutants import cluster as cluster_bugs
from tests.simulation.mutants import git as git_bugs
from tests.simulation.mutants import planner as bugs
from tests.simulation.mutants import registry as registry_bugs
from tests.simulation.mutants.mutation import (
    Mutant,
    acting,
    cluster,
    deciding,
    git,
    looking,
    porting,
    registry,
    telling,
)


class Open(RetryAfterGate):
    """Class 9: a server's wish to be left alone is not read."""

    def shut(self, error: KillickError) -> KillickError:
        """Leave the gate open."""
        error.retry_after_seconds = None
        return error


def impatiently(ports: Ports) -> Ports:
    """Give both adapters an open gate."""
    cluster: Any = ports.cluster
    registry: Any = ports.registry
    api = replace(registry.api, gate=Open())
    return replace(
        ports,
        cluster=replace(cluster, gate=Open()),
        registry=replace(registry, api=api),
    )


MUTANTS: tuple[Mutant, ...] = (
    Mutant("a status is written without its lock", 1, cluster(cluster_bugs.unlocked)),
    Mutant("a training Job's name changes at each try", 2, bugs.nameless()),
    Mutant("a promotion's ID is made of the time", 2, telling(bugs.moody_id)),
    Mutant("only an event wakes the object", 3, deciding(bugs.sleepy)),
    Mutant("the history is not searched before a push", 4, git(git_bugs.untraced)),
    Mutant("a failed creation is tried under another name", 4, acting(bugs.acts_twice)),
    Mutant("a push without an answer is made again", 4, git(git_bugs.repushing)),
    Mutant("a version that is not found yet does not exist", 5, telling(bugs.hasty)),
    Mutant(
        "an alias that is news is believed at once",
        5,
        registry(registry_bugs.looks_once),
    ),
    Mutant(
        "the alias moves before Git has the version", 6, deciding(bugs.crowns_early)
    ),
    Mutant("the newest version is the candidate", 6, registry(registry_bugs.latest)),
    Mutant("Jobs are tidied away while they run", 6, deciding(bugs.tidies_running)),
    Mutant("the value is set whatever it is now", 7, git(git_bugs.overwriting)),
    Mutant("the branch is forced", 7, git(git_bugs.forcing)),
    Mutant(
        "the alias moves whoever moved it",
        7,
        registry(registry_bugs.moves_alias_anyway),
    ),
    Mutant("an effect that failed is taken for done", 8, acting(bugs.swallow)),
    Mutant(
        "an unreadable registry is an empty one",
        8,
        registry(registry_bugs.empty_on_error),
    ),
    Mutant("an error's text holds the token", 8, git(git_bugs.talkative)),
    Mutant("neither cooldown nor budget", 9, looking(bugs.without_pace)),
    Mutant("what failed is tried again at once", 9, looking(bugs.without_failures)),
    Mutant("the next look is always at once", 9, deciding(bugs.impatient)),
    Mutant("a lost status buys a new budget", 9, looking(bugs.forgetful)),
    Mutant("a wish to be left alone is not read", 9, porting(impatiently)),
    Mutant("one look serves two keys", 10, git(git_bugs.first_target)),
    Mutant("a file nested too deep ends the process", 10, git(git_bugs.overflowing)),
    Mutant("whatever the evaluation said, it passed", 11, telling(bugs.always_passes)),
    Mutant("Promoted is claimed when proposed", 11, telling(bugs.claims_early)),
    Mutant("Ready, once False, stays False", 12, telling(bugs.latched)),
    Mutant("a policy that changed is not seen", 12, deciding(bugs.blind_to_policy)),
    Mutant("every pass moves the conditions' times", 13, telling(bugs.restless)),
    Mutant("whoever owns a Job, it is ours", 14, cluster(cluster_bugs.owns_all)),
    Mutant("nobody else's claim is seen", 14, looking(bugs.alone)),
    Mutant("deletion is not seen", 15, looking(bugs.forgets_deletion)),
    Mutant("suspend is not seen", 12, bugs.with_spec(suspend=False)),
    Mutant(
        "another version's status is read as our own",
        17,
        cluster(cluster_bugs.reads_any),
    ),
    Mutant(
        "a name that is taken is answered by another",
        18,
        cluster(cluster_bugs.another_name),
    ),
)
