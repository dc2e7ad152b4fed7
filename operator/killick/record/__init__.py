"""The only status write, events on transitions, and the metrics."""
