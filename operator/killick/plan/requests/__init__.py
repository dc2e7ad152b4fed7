"""The requests of checks and evaluations, built from spec and status."""
