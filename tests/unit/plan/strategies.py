"""Any spec, status and observation, also ones that contradict each other.

IDs, versions and names come from small pools, so that tracks often meet facts that
match; texts include those that only a hostile or careless writer would send.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from killick.names import ANNOTATION_CHECK, ANNOTATION_RELEASE
from killick.plan import effects
from killick.plan.context import Context
from killick.plan.facts import (
    Children,
    ObjectFacts,
    Observation,
    TrainingTemplate,
)
from killick.plan.requests.check import check_effect, request_fingerprint
from killick.resource import status as model
from killick.resource.parse import parse_spec
from killick.resource.spec import Spec
from tests.fakes.world import spec as raw_spec
from tests.unit.plan import builders as b
from tests.unit.plan.fact_strategies import (
    failure,
    git_state,
    job,
    likely_git,
    likely_registry,
    refused,
    registry_state,
    unknown,
)
from tests.unit.plan.status_strategies import any_status
from tests.unit.plan.value_strategies import (
    JOBS,
    maybe,
    mostly,
    text,
)

# Specs: raw, as the API server hands them over; parse_spec may refuse them.
POINTER = {"valuesPath": "values.yaml", "jsonPointer": "/model/uri"}
any_git = st.fixed_dictionaries(
    {
        "url": st.just("https://git.example/gitops.git"),
        "value": st.sampled_from(
            ["models:/{model}/{version}", "v{version}", "{model}" * 40 + "{version}"]
        ),
    }
).map(lambda found: {**found, **POINTER})
DURATIONS = st.sampled_from(
    ["0s", "60s", "24h", "168h", "999999h999999m", "9" * 30 + "h"]
)
raw = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(["Observe", "Recommend", "Act", "Act", "Act"]),
        "suspend": st.sampled_from([False, False, False, True]),
        "drift": st.fixed_dictionaries(
            {
                "schedule": st.sampled_from(
                    [
                        "* * * * *",
                        "@hourly",
                        "@daily",
                        "0 0 30 2 *",
                        "nonsense",
                        "99 * * * *",
                    ]
                ),
                "timeZone": st.sampled_from(
                    ["UTC", "Europe/Berlin", "Europe", "../etc"]
                ),
                "window": DURATIONS,
                "significance": st.sampled_from(["0.05", "many"]),
                "persistence": st.fixed_dictionaries(
                    {"breaches": st.integers(0, 11), "windows": st.integers(0, 11)}
                ),
            }
        ),
        "retraining": maybe(
            st.fixed_dictionaries(
                {
                    "job": st.just({"cronJobRef": {"name": "train"}}),
                    "cooldown": DURATIONS,
                    "budget": st.fixed_dictionaries(
                        {"attempts": st.integers(0, 10), "per": DURATIONS}
                    ),
                    "timeout": DURATIONS,
                }
            )
        ),
        "evaluation": maybe(
            st.fixed_dictionaries(
                {
                    "metric": st.just({"name": "MeanAbsoluteError"}),
                    "minimumImprovement": st.sampled_from(["0", "0.1", "x"]),
                    "timeout": DURATIONS,
                }
            )
        ),
        "promotion": maybe(st.fixed_dictionaries({"git": any_git})),
    }
)
wild_specs = raw.map(lambda changes: raw_spec(**changes))
RAW_CALM: dict[str, Any] = {"mode": "Act", "suspend": False}
tame_changes = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(["Observe", "Recommend", "Act", "Act", "Act"]),
        "suspend": st.sampled_from([False, False, False, True]),
    },
    optional={
        "retraining": st.none(),
        "promotion": st.none(),
        "drift": st.just({"schedule": "@hourly", "window": "24h"}),
    },
)
tame_specs = mostly(st.just(RAW_CALM), tame_changes).map(
    lambda changes: parse_spec(raw_spec(**changes))
)


requested: st.SearchStrategy[dict[str, str]] = st.fixed_dictionaries(
    {},
    optional={
        ANNOTATION_CHECK: st.sampled_from(["now", "", "t" * 2000, "\ud800"]),
        ANNOTATION_RELEASE: st.sampled_from(["h1", "nonsense"]),
    },
)
TEMPLATES = [
    TrainingTemplate("training:1", suspended=True),
    TrainingTemplate("training:1", suspended=False),
    None,
]


@st.composite
def worlds(
    draw: st.DrawFn, specs: st.SearchStrategy[Spec] = tame_specs
) -> tuple[Context, model.Status]:
    """Return any input of plan()."""
    spec, before = draw(specs), draw(any_status)
    ctx = b.context(spec, Observation(Children(), None, None))
    grid = request_fingerprint(ctx, before)
    likely = [n for n in (before.attempt and before.attempt.job, JOBS[2]) if n in JOBS]
    some = st.lists(st.sampled_from(JOBS), max_size=3, unique=True)
    names = draw(mostly(st.lists(st.sampled_from(likely), max_size=1), some))
    jobs = tuple(draw(job(name, grid)) for name in names)
    applied = st.just(_fingerprint(ctx, before))
    usual = Children(check_applied=draw(applied), jobs=jobs, template=TEMPLATES[0])
    odd = st.builds(
        Children,
        check_applied=st.one_of(applied, st.none()),
        check_foreign=st.booleans(),
        jobs=st.just(jobs),
        template=st.sampled_from(TEMPLATES),
        waiting=st.lists(text, max_size=2).map(tuple),
    )
    observed = Observation(
        draw(mostly(st.just(usual), st.one_of(odd, unknown))),
        draw(mostly(likely_registry, st.one_of(registry_state, unknown, st.none()))),
        draw(mostly(likely_git, st.one_of(git_state, refused, unknown, st.none()))),
    )
    facts = ObjectFacts(
        generation=draw(st.integers(1, 3)),
        annotations=draw(mostly(st.just({}), requested)),
        deleting=draw(st.sampled_from([False] * 7 + [True])),
    )
    keys = st.sampled_from(["push/p1", "candidate/2", "champion/2", f"job/{JOBS[0]}"])
    failures = draw(mostly(st.just({}), st.dictionaries(keys, failure, max_size=2)))
    return replace(ctx, facts=facts, observed=observed, failures=failures), before


def _fingerprint(ctx: Context, before: model.Status) -> str:
    return check_effect(ctx, before).fingerprint


PRODUCTION = (
    effects.StartTraining,
    effects.StartEvaluation,
    effects.MarkCandidate,
    effects.PushPromotion,
    effects.MarkChampion,
)
