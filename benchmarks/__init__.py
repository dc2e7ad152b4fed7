"""What docs/verdict.md claims, as programs that anyone can run again."""
