"""Killick: keeps production models true, by Git commits.

Start reading in `loop.py`: one pass is observe → plan → act → record.
"""

__version__ = "0.1.0"
