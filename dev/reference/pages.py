"""The pages with generated tables, and the marks between which a table stands."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from dev.reference import crd, metrics, reasons, settings

REPOSITORY: Final = Path(__file__).resolve().parents[2]
REFERENCE: Final = REPOSITORY / "docs" / "reference"
PAGES: Final = tuple(
    REFERENCE / f"{name}.md" for name in ("fields", "metrics", "reasons", "settings")
)
RENDERERS: Final[Mapping[str, Callable[[], str]]] = {
    "spec": crd.spec_tables,
    "status": crd.status_table,
    "operator metrics": metrics.operator_table,
    "pushed metrics": metrics.pushed_table,
    "operator reasons": reasons.operator_tables,
    "worker reasons": reasons.worker_tables,
    "settings": settings.settings_table,
}
"""What writes each generated table."""
BLOCK: Final = re.compile(
    r"<!-- generated: (?P<name>[a-z ]+) -->\n.*?<!-- end -->", re.DOTALL
)


def updated(page: str) -> str:
    """Return a page with every table between marks generated again.

    Raises KeyError for a mark that names no renderer.
    """
    return BLOCK.sub(_block, page)


def names(page: str) -> list[str]:
    """Return the names of the generated tables of a page, in its order."""
    return [found["name"] for found in BLOCK.finditer(page)]


def _block(found: re.Match[str]) -> str:
    name = found["name"]
    return f"<!-- generated: {name} -->\n{RENDERERS[name]()}\n<!-- end -->"
