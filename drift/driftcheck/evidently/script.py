"""What runs in Evidently's own environment: scores and a page of two tables.

    python script.py FOLDER

FOLDER holds reference.parquet, current.parquet and task.json (see `evidently_run`,
which writes them and reads what this leaves: scores.json, page.html). It imports
pandas and Evidently, and nothing of `driftcheck`: so the check never does. Each column
is a report of its own, so that one that Evidently cannot take loses no other.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

ADDRESS_SPACE = 4 * 1024**3  # much more is reserved than used: about 0.5 GB
# Scripts of the page may run, but nothing in it can reach another host.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "connect-src 'none'; form-action 'none'; base-uri 'none'"
)


def main(folder: Path) -> None:
    """Run the task in the folder."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    task = json.loads((folder / "task.json").read_text())
    sides = _sides(folder, task["columns"])
    if task["page"]:
        (folder / "page.html").write_text(page(sides, task), encoding="utf-8")
    else:
        scores = {c["name"]: score(sides, c) for c in task["columns"]}
        (folder / "scores.json").write_text(json.dumps(scores))


def _sides(folder: Path, columns: list[dict[str, Any]]) -> tuple[Any, Any]:
    import pandas as pd

    names = [column["name"] for column in columns]
    current, reference = (
        pd.read_parquet(folder / f"{side}.parquet", columns=names)
        for side in ("current", "reference")
    )
    return current, reference


def score(sides: tuple[Any, Any], column: dict[str, Any]) -> dict[str, Any]:
    """Return Evidently's score of one column and its decision, or an error."""
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    name = column["name"]
    drift = ValueDrift(
        column=name, method=column["method"], threshold=column["threshold"]
    )
    definition = DataDefinition(**_typed([column]))
    try:
        current, reference = (
            Dataset.from_pandas(side[[name]].copy(), definition) for side in sides
        )
        answer = Report([drift], include_tests=True).run(current, reference).dict()
        value = float(answer["metrics"][0]["value"])
        (test,) = answer["tests"]  # without the test there is no verdict
    except Exception as error:  # noqa: BLE001  whatever Evidently raises
        return {"error": f"{type(error).__name__}: {error}"[:200]}
    if value != value:  # noqa: PLR0124  not a number
        return {"error": "the score is not a number"}
    return {"score": value, "drifted": _status(test) == "FAIL"}


def _status(test: dict[str, Any]) -> str:
    status = test["status"]
    return str(getattr(status, "value", status)).upper()


def _typed(columns: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the columns by type: nothing is left for Evidently to infer."""
    numbers = [c["name"] for c in columns if c["number"]]
    others = [c["name"] for c in columns if not c["number"]]
    return {"numerical_columns": numbers, "categorical_columns": others}


def page(sides: tuple[Any, Any], task: dict[str, Any]) -> str:
    """Return Evidently's page on the drift of all columns that it can take."""
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    columns = task["columns"]
    definition = DataDefinition(**_typed(columns))
    preset = DataDriftPreset(
        columns=[c["name"] for c in columns],
        per_column_method={c["name"]: c["method"] for c in columns},
        per_column_threshold={c["name"]: c["threshold"] for c in columns},
        drift_share=task["share"],
    )
    current, reference = (Dataset.from_pandas(side, definition) for side in sides)
    html: str = Report([preset]).run(current, reference).get_html_str(as_iframe=False)
    rule = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    if "<head>" not in html:
        sys.exit("Evidently's page has no head to put a content policy in")
    return html.replace("<head>", f"<head>{rule}", 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
