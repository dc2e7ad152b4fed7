"""`python -m dev.demo`: the story of examples/story on real parts, from zero."""
