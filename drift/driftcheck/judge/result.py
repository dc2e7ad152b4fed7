"""A check's answer with everything behind it."""

from dataclasses import dataclass

from driftcheck.contract import CheckAnswer
from driftcheck.judge.evidence import Judgement
from driftcheck.stats.columns import Dataset


@dataclass(frozen=True, eq=False)
class JudgedWindow:
    """A window's judgement with the rows that were compared; None where none were."""

    judgement: Judgement
    current: Dataset | None = None


@dataclass(frozen=True, eq=False)
class Check:
    """An answer with everything behind it, for the report."""

    answer: CheckAnswer
    windows: tuple[JudgedWindow, ...] = ()
    reference: Dataset | None = None
