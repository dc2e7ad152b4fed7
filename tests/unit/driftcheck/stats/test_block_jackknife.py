"""The constants of the block jackknife, against SciPy."""

from scipy.stats import t as student

from driftcheck.stats.block_jackknife import MIN_BLOCKS, N_BLOCKS, QUANTILES


def test_quantiles_are_student_s() -> None:
    """Each quantile is SciPy's for its degrees of freedom, to four decimals."""
    degrees = range(MIN_BLOCKS - 1, N_BLOCKS)
    assert [round(float(student.ppf(0.975, n)), 4) for n in degrees] == list(QUANTILES)
