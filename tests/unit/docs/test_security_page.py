"""SECURITY.md names tests as its proofs: they exist."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
NAMED = sorted(
    set(re.findall(r"`(tests/\S+?)`", (REPOSITORY / "SECURITY.md").read_text()))
)


@pytest.mark.parametrize("proof", NAMED)
def test_every_proof_exists(proof: str) -> None:
    """A file that is named is there, and holds the test of that name."""
    file, _, name = proof.partition("::")
    text = (REPOSITORY / file).read_text()
    assert not name or re.search(rf"^(async )?def {name}\(", text, re.MULTILINE)


def test_every_row_says_what_proves_it() -> None:
    """Each row names a test, or says that there is none."""
    lines = (REPOSITORY / "SECURITY.md").read_text().splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    assert len(rows) > 20
    for row in rows[2:]:
        assert len(row) == 4, row
        assert "tests/" in row[3] or "ot yet" in row[3], row
