"""Every story that the simulator tells."""

from __future__ import annotations

from tests.simulation.stories.answers import BadAnswers, FeaturesOnly
from tests.simulation.stories.lost_status import BudgetLost
from tests.simulation.stories.ownership import HandedOver, OneTarget
from tests.simulation.stories.people import (
    Budget,
    Calm,
    Deleted,
    Edited,
    Erased,
    OtherVersion,
    PolicyChanged,
    Rejected,
    Reverted,
    Suspended,
    TargetChanged,
)
from tests.simulation.stories.poison import Nested
from tests.simulation.stories.scenario import Scenario
from tests.simulation.stories.world import (
    AliasMoved,
    Outage,
    Racing,
    Registering,
    Taken,
    Two,
    Vanished,
    VanishedLagging,
)

FULL = Scenario()
SCENARIOS: tuple[Scenario, ...] = (
    FULL,
    Calm(),
    BadAnswers(),
    FeaturesOnly(),
    Rejected(),
    Budget(),
    Edited("evaluating"),
    Edited("proposed"),
    Edited("landed"),
    PolicyChanged("evaluating"),
    PolicyChanged("proposed"),
    TargetChanged("proposed"),
    TargetChanged("landed"),
    Suspended("running"),
    Suspended("proposed"),
    Deleted("running"),
    Deleted("proposed"),
    Deleted("deployed"),
    Erased("running"),
    Erased("registered"),
    Erased("evaluating"),
    Erased("passed"),
    Erased("proposed"),
    Erased("landed"),
    Erased("deployed"),
    Erased("done"),
    OtherVersion("running"),
    OtherVersion("proposed"),
    BudgetLost(),
    Reverted(),
    Vanished(),
    VanishedLagging(),
    Two(),
    OneTarget(),
    OneTarget(newer="ranger"),
    HandedOver("running"),
    HandedOver("done"),
    Racing("proposed"),
    Nested("running"),
    Nested("proposed"),
    Taken("intended"),
    Registering("running"),
    AliasMoved("evaluating"),
    AliasMoved("deployed"),
    *(
        Outage(system, at)
        for system in ("cluster", "registry", "git")
        for at in ("running", "evaluating", "proposed", "deployed")
    ),
    Outage("push", "proposed"),
)
