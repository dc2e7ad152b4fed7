"""What a page points to exists: links, anchors, paths, tests, commands."""

import re
from pathlib import Path

import pytest

from tests.unit.docs.pages import FENCED, PAGES, REPOSITORY, name, prose, spans

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FOLDERS = tuple(
    f"{folder}/"
    for folder in (
        *("benchmarks", "crds", "deploy", "dev", "docs", "drift", "examples"),
        *("operator", "requirements", "tests"),
    )
)
ROOT_FILES = {path.name for path in REPOSITORY.iterdir() if path.is_file()}
TEST = re.compile(r"\btest_[a-z0-9_]+\b(?!\.py)")
DEFINED = re.compile(r"^ *(?:async )?def (test_[a-z0-9_]+)\(", re.MULTILINE)
NOT_THERE = {
    "deploy/overlays/mine",  # the reader makes it
    "operator/__init__.py",  # must never exist
}
SOURCES = ("operator", "drift", "dev", "benchmarks", "examples", "tests")


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as a forge makes them."""
    titles = HEADING.findall(prose(page))
    plain = (re.sub(r"[^\w\- ]", "", title.lower()) for title in titles)
    return {title.replace(" ", "-") for title in plain}


def links() -> list[tuple[str, str]]:
    """Return every relative link with the page that it is on."""
    return [
        (name(page), target)
        for page in PAGES
        for target in LINK.findall(prose(page))
        if "://" not in target
    ]


@pytest.mark.parametrize(("page", "target"), links())
def test_a_relative_link_leads_somewhere(page: str, target: str) -> None:
    """The file exists, and has the heading that the anchor names."""
    file, _, anchor = target.partition("#")
    path = (REPOSITORY / page).parent / file if file else REPOSITORY / page
    assert path.exists(), f"{page} links to {target}"
    assert not anchor or anchor in anchors(path), f"{page} links to {target}"


def paths() -> set[tuple[str, str]]:
    """Return every path of the repository that a page writes as code."""
    found = set()
    for page, text in spans():
        path = text.partition("::")[0].rstrip("/")
        in_folder = path.startswith(FOLDERS) and " " not in path
        if in_folder or re.fullmatch(r"[A-Za-z-]+\.(md|toml)", path):
            found.add((page, path))
    return found


@pytest.mark.parametrize(("page", "path"), sorted(paths()))
def test_a_path_exists(page: str, path: str) -> None:
    """Every path that a page names is there; `*` stands for any text."""
    here = (REPOSITORY / page).parent
    assert path in NOT_THERE or any(
        list(folder.glob(path)) for folder in (REPOSITORY, here)
    ), f"{page} names {path}"


def test_every_test_that_a_page_names_exists() -> None:
    """A test that was renamed is renamed in the documentation."""
    files = (REPOSITORY / "tests").rglob("*.py")
    known = {word for file in files for word in DEFINED.findall(file.read_text())}
    named = {(page, word) for page, text in spans() for word in TEST.findall(text)}
    assert len(named) > 40
    assert {pair for pair in named if pair[1] not in known} == set()


def test_every_page_that_the_sources_name_exists() -> None:
    """A docstring or a message that names a page names one that is there."""
    missing = {
        (str(file.relative_to(REPOSITORY)), page)
        for folder in SOURCES
        for file in (REPOSITORY / folder).rglob("*.py")
        for page in re.findall(r"docs/[a-z/-]+\.md", file.read_text())
        if not (REPOSITORY / page).exists()
    }
    assert missing == set()


def test_every_target_of_make_that_a_page_names_exists() -> None:
    """`make demo` and the others are targets of the Makefile."""
    makefile = (REPOSITORY / "Makefile").read_text()
    known = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    blocks = [block for page in PAGES for block in FENCED.findall(page.read_text())]
    texts = [*blocks, *(text for _, text in spans())]
    named = {
        target
        for text in texts
        for command in re.findall(r"(?:^|&& )make ((?:[a-z-]+ ?)+)", text, re.MULTILINE)
        for target in command.split()
    }
    assert "demo" in named
    assert named - known == set()


def test_every_page_is_reachable() -> None:
    """Every page of docs/ is linked from another page."""
    linked = {
        ((REPOSITORY / page).parent / target.partition("#")[0]).resolve()
        for page, target in links()
    }
    alone = [name(page) for page in PAGES if page.resolve() not in linked]
    assert alone == []
