"""Quantities of memory."""

import pytest

from dev.kubernetes.node.pod.quantity import memory_bytes


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("128974848", 128974848),
        ("129e6", 129_000_000),
        ("129M", 129_000_000),
        ("123Mi", 123 * 2**20),
        ("1.5Gi", 3 * 2**29),
        ("2k", 2000),
        ("1000m", 1),
        (4096, 4096),
    ],
)
def test_quantity_in_bytes(quantity: str | int, expected: int) -> None:
    """Every notation of the API's quantities gives whole bytes."""
    assert memory_bytes(quantity) == expected


@pytest.mark.parametrize("text", ["", "Mi", "1 MB", "ten"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    """Anything else raises and says what it was given."""
    with pytest.raises(ValueError, match="not a quantity"):
        memory_bytes(text)
