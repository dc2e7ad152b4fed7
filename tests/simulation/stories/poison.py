"""A story of input that would end the process, were it not refused."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.simulation.engine.wire import Call
from tests.simulation.stories.scenario import Scenario, expect

if TYPE_CHECKING:
    from tests.simulation.engine.run import Run

NESTED = f"deep: {'[' * 2000}{']' * 2000}\n"


class Nested(Scenario):
    """Somebody commits a values file nested so deep that its composer would crash."""

    name = "values nested too deep"
    named = False

    def written(self, run: Run, call: Call) -> None:
        """See whether a condition names what is wrong."""
        super().written(run, call)
        ready = run.driver.status("ranger").condition("Ready")
        self.named = self.named or bool(ready and ready.reason == "TooDeep")

    def disturb(self, run: Run) -> None:
        """Commit it, and mend it ten minutes later."""
        run.world.commit(run.world.text() + NESTED, "All our lists")
        run.world.after(timedelta(minutes=10), lambda: self.mend(run))

    def mend(self, run: Run) -> None:
        """Take it back."""
        text = run.world.text().replace(NESTED, "")
        run.world.commit(text, "Fewer lists")

    def verify(self, run: Run) -> None:
        """Check that it was named, and that the story went on afterwards."""
        super().verify(run)
        expect(self.named, "no condition named the nesting")
