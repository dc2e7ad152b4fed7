"""Compares the columns of both sides, and reports those that cannot be compared."""

from driftcheck.contract import CheckRequest
from driftcheck.contract.reasons import Reason
from driftcheck.stats.columns import (
    Column,
    Dataset,
    Finding,
    Numbers,
    ReferenceHistogram,
    WindowHistogram,
)
from driftcheck.stats.comparison import Comparison, compare


def compare_columns(
    request: CheckRequest, reference: Dataset, current: Dataset
) -> tuple[dict[str, Comparison], tuple[Finding, ...]]:
    """Compare the columns of both sides.

    Parameters
    ----------
    request
        The rules, of which the minimum of rows is used.
    reference, current
        Both sides, whose numbers are sorted and categories counted.

    Returns
    -------
    tuple
        The comparisons by column; findings on columns that could not be compared, and
        on columns that became constant or are no longer constant.
    """
    compared: dict[str, Comparison] = {}
    findings = []
    sampling_factor_ratio = sampling_factor(reference) / sampling_factor(current)
    for name, column in reference.columns.items():
        if name not in current.columns:
            continue
        findings += _constants(name, column, current.columns[name])
        result = compare(
            column, current.columns[name], request.minimum_rows, sampling_factor_ratio
        )
        if isinstance(result, Comparison):
            compared[name] = result
        else:
            findings.append(Finding(Reason.UNCHECKED, name, result, data_quality=False))
    return compared, tuple(findings)


def sampling_factor(dataset: Dataset) -> float:
    """Return all rows over the rows that were compared, at least 1."""
    return dataset.rows / dataset.sampled if dataset.sampled else 1.0


def _constants(name: str, reference: Column, current: Column) -> list[Finding]:
    """Return a finding on a column that became constant, or is no longer constant."""
    before, after = _constant(reference), _constant(current)
    if after and not before:
        detail = "it has a single value, but several in the reference"
        return [Finding(Reason.CONSTANT, name, detail, data_quality=False)]
    if before and not after and current.present:
        detail = "it has several values, but a single one in the reference"
        return [Finding(Reason.WAS_CONSTANT, name, detail, data_quality=False)]
    return []


def _constant(column: Column) -> bool:
    if isinstance(column, ReferenceHistogram):
        return column.edges.size > 1 and bool(column.counts.max() == column.present)
    if isinstance(column, WindowHistogram):
        return column.present > 1 and column.least == column.largest
    if isinstance(column, Numbers):
        values = column.values
        return column.present > 1 and bool(values[0] == values[-1])
    return column.present > 1 and len(column.counts) == 1
