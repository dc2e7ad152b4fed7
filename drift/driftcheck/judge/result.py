"""A check's answer with everything behind it."""

from dataclasses import dataclass

from driftcheck.contract import (
    CheckAnswer,
)
from driftcheck.judge.verdict import Judgement
from driftcheck.stats.columns import Dataset


@dataclass(frozen=True, eq=False)
class Examined:
    """One window with what was compared, for the report; None where nothing was."""

    judgement: Judgement
    current: Dataset | None = None


@dataclass(frozen=True, eq=False)
class Check:
    """An answer with everything behind it."""

    answer: CheckAnswer
    examined: tuple[Examined, ...] = ()
    reference: Dataset | None = None
