"""Chooses numpy's fastest sort for the processor, before numpy is imported.

On AMD's fourth generation (family 25 with AVX-512) numpy's AVX-512 sort uses an
instruction so slow that its AVX2 sort is five times faster: 9 instead of 52 ms for a
million numbers. Sorting is most of what a check computes.

Source: github.com/numpy/x86-simd-sort, issue 6.
"""

from collections.abc import MutableMapping
from pathlib import Path

VARIABLE = "NPY_DISABLE_CPU_FEATURES"
SLOW = "X86_V4 AVX512_ICL AVX512_SPR"
CPU_INFO = Path("/proc/cpuinfo")
ENTRY_BYTES = 4096
"""Bytes of /proc/cpuinfo to read: more than the entry of the first processor."""


def choose_sort(
    environment: MutableMapping[str, str], described: str | None = None
) -> None:
    """Turn the slow sort off, unless the environment already sets the variable.

    `described` is the text of /proc/cpuinfo, which is read by default.
    """
    if VARIABLE in environment:
        return
    if described is None:
        described = _description()
    facts = {}
    for line in described.partition("\n\n")[0].splitlines():
        name, _, value = line.partition(":")
        facts[name.strip()] = value.strip()
    fourth = (facts.get("vendor_id"), facts.get("cpu family")) == ("AuthenticAMD", "25")
    if fourth and "avx512f" in facts.get("flags", "").split():
        environment[VARIABLE] = SLOW


def _description() -> str:
    """Return the start of /proc/cpuinfo, empty where there is none."""
    try:
        with CPU_INFO.open("rb") as file:
            return file.read(ENTRY_BYTES).decode("ascii", "replace")
    except OSError:
        return ""
