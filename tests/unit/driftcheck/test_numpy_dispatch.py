"""The sort that numpy uses on each processor."""

import pytest

from driftcheck.numpy_dispatch import SLOW, VARIABLE, choose_sort

ZEN4 = """processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
flags\t\t: fpu avx2 avx512f avx512bw

processor\t: 1
vendor_id\t: AuthenticAMD
"""


@pytest.mark.parametrize(
    ("described", "chosen"),
    [
        (ZEN4, SLOW),
        (ZEN4.replace("25", "26"), None),
        (ZEN4.replace(" avx512f", ""), None),
        (ZEN4.replace("AuthenticAMD", "GenuineIntel"), None),
        ("", None),
        ("no such: file", None),
    ],
    ids=["Zen 4", "Zen 5", "Zen 3", "Intel", "nothing", "something else"],
)
def test_only_the_slow_sort_is_turned_off(described: str, chosen: str | None) -> None:
    """Of one family of processors; all others keep numpy's own choice."""
    environment: dict[str, str] = {}
    choose_sort(environment, described)
    assert environment.get(VARIABLE) == chosen


def test_a_persons_choice_stands() -> None:
    """What the environment already says is not overwritten."""
    environment = {VARIABLE: "AVX2"}
    choose_sort(environment, ZEN4)
    assert environment == {VARIABLE: "AVX2"}


def test_a_processor_nobody_describes_changes_nothing() -> None:
    """The description is looked for where Linux has it; any answer will do."""
    environment: dict[str, str] = {}
    choose_sort(environment)
    assert environment.get(VARIABLE) in (None, SLOW)
