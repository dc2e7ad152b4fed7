"""NannyML's univariate drift of two files; run in its environment by `benchmarks.cost`.

Its default methods, the current file as one chunk.
"""

import nannyml
import pandas as pd


def main() -> None:
    """Fit on the reference, calculate on the current file."""
    reference = pd.read_parquet("reference.parquet")
    current = pd.read_parquet("current.parquet")
    names = list(reference.columns)
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=names,
        treat_as_categorical=[name for name in names if name.startswith("c")],
        chunk_size=len(current),
    )
    results = calculator.fit(reference).calculate(current)
    print(results.filter(period="analysis").to_df().shape)


if __name__ == "__main__":
    main()
