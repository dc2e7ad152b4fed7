"""Deciding, without doing: facts in, a new status and at most one effect out.

`planner.plan` applies the tracks in order; each track is one module with its states
and events at the top. No I/O, no clock, no randomness.
"""
