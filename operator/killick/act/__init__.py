"""One executor per system. Each is idempotent and returns what came of it."""
