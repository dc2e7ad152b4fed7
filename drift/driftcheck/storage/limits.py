"""Limits that several readers share; each says its unit and its reason."""

FILE_BYTES = 2 * 1024**3
"""Bytes of one data file: what is held in memory stays below a pod's usual 4 GiB."""

PROFILE_BYTES = 256 * 1024**2
"""Bytes of a kept profile, unpacked: thousands of columns of a few kilobytes each."""

BLOCK_BYTES = 1024**2
"""Bytes that are read at once: large enough for a disk, small beside the file."""

SAMPLE_ROWS = 100_000
"""Rows that are judged of a larger side: above it an effect size moves by less than
0.01 (a Kolmogorov-Smirnov distance has a standard error of 0.003 there)."""
