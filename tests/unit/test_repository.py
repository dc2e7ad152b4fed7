"""The rules of the house, as far as a machine can tell."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = {".py", ".md", ".yaml", ".yml", ".toml", ".in", ".txt", ".sh", ".sql", ".go", ""}
MODULE_LINES, FUNCTION_LINES, FOLDER_MODULES = 300, 60, 16
# Module to the reason why it is not split.
LONG_MODULES = {
    "tests/unit/plan/builders.py": "one vocabulary for the plan's tests: `b.NAME`",
    "drift/driftcheck/contract/reasons.py": "one enum with a description each",
    "tests/unit/test_crd.py": "one list of rules on one file",
}
# Taken apart, so that this file does not name what it forbids.
HOSTS = (
    "pypi" + ".org",
    "python" + "hosted",
    "proxy.golang" + ".org",
    "registry." + "npm",
)
PATHS = ("/" + "work/main", "/" + "work/shared", "/" + "root/")
LOCKS = re.compile(r"requirements/.*\.txt|.*go\.sum")


def tracked(*patterns: str) -> list[Path]:
    """Return the files of the repository, as Git sees them."""
    command = ("git", "-C", str(ROOT), "ls-files", "-z", *patterns)
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = (ROOT / name for name in listed.split("\0") if name)
    return [path for path in found if path.is_file()]


def modules(*folders: str) -> list[Path]:
    """Return the Python modules below the folders."""
    return tracked(*(f"{folder}/*.py" for folder in folders))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Give every function of a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def told(path: Path) -> str:
    """Return a path as a person writes it."""
    return str(path.relative_to(ROOT))


def long_modules(paths: list[Path]) -> dict[str, int]:
    """Return the modules with more than MODULE_LINES lines, and how many they have."""
    lines = {told(path): len(path.read_text().splitlines()) for path in paths}
    return {name: count for name, count in lines.items() if count > MODULE_LINES}


SOURCES = modules("operator", "drift", "dev", "examples")
TESTS = modules("tests")
ALL = tracked("*.py")


def test_there_is_something_to_look_at() -> None:
    """The lists below are not empty by mistake."""
    assert len(SOURCES) > 80
    assert len(TESTS) > 40


def test_the_standard_library_keeps_its_operator() -> None:
    """operator/ is a source root: no __init__.py may shadow the standard library."""
    assert not (ROOT / "operator" / "__init__.py").exists()
    assert not (ROOT / "drift" / "__init__.py").exists()
    command = (
        sys.executable,
        "-c",
        "import operator; print(operator.itemgetter(1)('ab'))",
    )
    answer = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "b"


def test_imports_go_one_way() -> None:
    """The contracts of import-linter hold, and there are contracts."""
    paths = os.pathsep.join(str(ROOT / root) for root in ("operator", "drift"))
    linter = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run(
        [linter, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert answer.returncode == 0, answer.stdout
    assert " 0 kept" not in answer.stdout


def test_the_pure_parts_have_no_clock() -> None:
    """plan, resource and names ask nobody for the time or for a random number."""
    asking = re.compile(r"\b(datetime\.now|utcnow|time\.time|uuid4|token_hex|random)\b")
    pure = [*modules("operator/killick/plan", "operator/killick/resource")]
    pure.append(ROOT / "operator/killick/names.py")
    found = [
        f"{told(path)}: {line.strip()}"
        for path in pure
        for line in path.read_text().splitlines()
        if asking.search(line) and "random number" not in line
    ]
    assert len(pure) > 20
    assert found == []


def test_nothing_of_this_machine() -> None:
    """No file names a package index or a path of the machine it was written on."""
    found = []
    for path in tracked():
        name = told(path)
        if path.suffix not in TEXT or LOCKS.fullmatch(name):
            continue
        text = path.read_text(errors="replace")
        found += [f"{name}: {word}" for word in HOSTS + PATHS if word in text]
    assert found == []


@pytest.mark.parametrize("path", TESTS, ids=told)
def test_every_test_says_its_claim(path: Path) -> None:
    """Every test function has a docstring."""
    silent = [
        node.name
        for node in functions(path)
        if node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_modules_say_why_they_exist() -> None:
    """Every module of the product has a docstring."""
    silent = [
        told(p) for p in SOURCES if not ast.get_docstring(ast.parse(p.read_text()))
    ]
    assert silent == []


def test_modules_are_short() -> None:
    """No module of the product is longer than 300 lines, except those listed."""
    long = long_modules(SOURCES)
    assert {name: n for name, n in long.items() if name not in LONG_MODULES} == {}


def test_modules_of_tests_are_short() -> None:
    """No other module is longer than 300 lines, except those listed with a reason."""
    long = long_modules([path for path in ALL if path not in SOURCES])
    assert {name: n for name, n in long.items() if name not in LONG_MODULES} == {}
    assert set(LONG_MODULES) <= set(long_modules(ALL)), "remove what is short enough"


def test_folders_hold_few_modules() -> None:
    """No folder has more than 16 modules, so that a person can read its listing."""
    folders = Counter(told(path.parent) for path in ALL if path.name != "__init__.py")
    assert {name: n for name, n in folders.items() if n > FOLDER_MODULES} == {}


def test_functions_fit_a_screen() -> None:
    """No function is longer than 60 lines."""
    long = [
        f"{told(path)}: {node.name}"
        for path in SOURCES
        for node in functions(path)
        if (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES
    ]
    assert long == []


def test_our_own_names_are_not_patched() -> None:
    """Tests use twins and arguments; none patches a name of ours."""
    patching = re.compile(
        r"mock\.patch|(?:monkeypatch|mocker)\.\w+\(\s*[\"'](?:killick|driftcheck|dev)\."
    )
    found = [
        told(p) for p in TESTS if p != Path(__file__) and patching.search(p.read_text())
    ]
    assert found == []


def test_no_test_is_skipped_silently() -> None:
    """No test is marked as skipped or expected to fail."""
    marks = re.compile(r"mark\.(skip|xfail)|pytest\.skip\(|importorskip")
    found = [
        told(p) for p in TESTS if p != Path(__file__) and marks.search(p.read_text())
    ]
    assert found == []


def test_locks_have_hashes() -> None:
    """Every requirement is pinned with its hashes."""
    locks = tracked("requirements/*.txt")
    assert locks
    for lock in locks:
        lines = lock.read_text().splitlines()
        pins = [line for line in lines if line and not line.startswith((" ", "#"))]
        assert all("==" in pin and pin.endswith("\\") for pin in pins), told(lock)


def test_the_version_is_one() -> None:
    """The package and the project say the same version."""
    text = (ROOT / "operator/killick/__init__.py").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f'"{project["version"]}"' in text
