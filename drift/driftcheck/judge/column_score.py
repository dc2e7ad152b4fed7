"""The score of one column, of which verdicts and reports are made."""

from dataclasses import dataclass

from driftcheck.contract import Kind


@dataclass(frozen=True)
class ColumnScore:
    """The score of one column.

    `pvalue` is corrected for the number of columns, None where nothing was tested.
    `p_value` is the probability of this column's effect if nothing changed, 1 where it
    did not drift. `standalone_p_value` is the same where no other column confirms it,
    so that it includes the reference's own variation over time. `inconclusive`: it
    would have drifted if its rows were independent. `within_baseline`: it would have
    drifted without the reference's own variation over time. `weight`: how much it
    counts where the share of drifted columns decides. `novelty`: the share of rows
    unlike the reference, from 0 to 1. `dependence`: the autocorrelation of consecutive
    rows, from 0 to 1.
    """

    name: str
    effect: float
    threshold: float
    pvalue: float | None
    critical: bool
    kinds: tuple[Kind, ...]
    prediction: bool = False
    weight: float = 1.0
    p_value: float = 1.0
    standalone_p_value: float = 1.0
    stability_index: float | None = None
    novelty: float = 0.0
    dependence: float = 0.0
    inconclusive: bool = False
    within_baseline: bool = False

    @property
    def drifted(self) -> bool:
        """Return whether the column shows any kind of drift."""
        return bool(self.kinds)

    @property
    def decisive(self) -> bool:
        """Return whether this column alone can make the dataset drift."""
        return self.critical or self.prediction

    @property
    def severity(self) -> tuple[bool, float]:
        """Return a sort key: drifted first, then the effect in units of thresholds."""
        return (self.drifted, self.effect / max(self.threshold, 1e-9))
