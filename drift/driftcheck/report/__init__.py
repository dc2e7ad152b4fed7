"""What a check leaves for people and systems beside its answer."""
