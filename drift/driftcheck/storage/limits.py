"""Limits that several readers share; each says its unit and its reason.

MAXIMUM_ROWS is the contract's: rows that are read of a window, a reference or labelled
predictions; a larger side is sampled, and of labelled rows the latest are read.
"""

from driftcheck.contract.evaluation import MAXIMUM_ROWS

__all__ = ["BLOCK_BYTES", "FILE_BYTES", "MAXIMUM_ROWS", "PROFILE_BYTES"]

FILE_BYTES = 2 * 1024**3
"""Bytes of one data file: what is held in memory stays below a pod's usual 4 GiB."""

PROFILE_BYTES = 256 * 1024**2
"""Bytes of a kept profile, unpacked: thousands of columns of a few kilobytes each."""

BLOCK_BYTES = 1024**2
"""Bytes that are read at once: large enough for a disk, small beside the file."""
