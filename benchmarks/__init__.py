"""What docs/statistics.md claims, as programs that anyone can run again."""
