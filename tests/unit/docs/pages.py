"""The pages of the documentation, as the tests read them."""

import re
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
PAGES = sorted(
    [
        *REPOSITORY.glob("*.md"),
        *(REPOSITORY / "docs").rglob("*.md"),
        *(REPOSITORY / "examples").rglob("*.md"),
    ]
)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]+`")


def name(page: Path) -> str:
    """Return a page's path in the repository, for the name of a test."""
    return str(page.relative_to(REPOSITORY))


def prose(page: Path) -> str:
    """Return a page without blocks of code."""
    return FENCED.sub("", page.read_text())


def spans() -> Iterator[tuple[str, str]]:
    """Yield the page and the text of every piece of code in a line."""
    for page in PAGES:
        for found in CODE.findall(prose(page)):
            yield name(page), found.strip("`")
