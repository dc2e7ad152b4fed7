"""Scores, findings and the verdict that follows from them. No I/O."""
