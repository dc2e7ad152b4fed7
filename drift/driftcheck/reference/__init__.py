"""The reference dataset: read, reduced to a profile, and stored."""
