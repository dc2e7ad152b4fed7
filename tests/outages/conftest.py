"""The servers of the system tests, for what takes longer than `make test` may."""

from tests.system.conftest import cluster, node

__all__ = ["cluster", "node"]
