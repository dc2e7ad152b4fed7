"""The scores that Evidently computes, by our arithmetic; run by `benchmarks.cost`."""

from driftcheck.contract import Features
from driftcheck.load import load_reference, load_window
from driftcheck.parquet import column_names
from driftcheck.plain import plain_default


def main() -> None:
    """Print each column's score by the method that Evidently would pick."""
    names = tuple(column_names("reference.parquet"))
    features = Features("Columns", names)
    reference = load_reference("reference.parquet", features)
    current = load_window("current.parquet", features, reference)
    for name, column in reference.dataset.columns.items():
        print(name, plain_default(column, current.columns[name]))


if __name__ == "__main__":
    main()
