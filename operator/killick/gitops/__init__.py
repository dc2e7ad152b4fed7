"""The Git port: read and write one scalar of one file on one branch.

`port` holds the protocol and its values, `repository` the real adapter; the
in-memory twin is `tests/fakes/git.py`, and one contract test runs on both.
"""
