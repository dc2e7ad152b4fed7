"""Limits that several readers share; each says its unit and its reason.

MAXIMUM_ROWS is the contract's: rows that are read of a window, a reference or labeled
predictions; a larger side is sampled, and of labeled rows the latest are read.
"""

from driftcheck.contract.evaluation import MAXIMUM_ROWS

__all__ = ["BLOCK_BYTES", "FILE_BYTES", "MAXIMUM_ROWS", "PROFILE_BYTES"]

FILE_BYTES = 2 * 1024**3
"""Bytes of one data file, which may be held in memory.

It leaves half of a pod's usual limit of 4 GiB to what is made of the file. A larger
value needs pods with more memory.
"""

PROFILE_BYTES = 256 * 1024**2
"""Bytes of a stored profile, unpacked.

A numeric column takes 25 KB, so this holds 10,000 of them. The limit keeps a damaged or
hostile profile from using up the memory.
"""

BLOCK_BYTES = 1024**2
"""Bytes that are read or downloaded at once; more saves no time, less more calls."""
