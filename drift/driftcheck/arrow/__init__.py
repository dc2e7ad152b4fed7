"""Arrow data as columns to compare."""
