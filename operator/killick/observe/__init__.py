"""One reader per system: from its answers to facts. Failures become Unknown."""
