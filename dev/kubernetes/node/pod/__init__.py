"""What a pod asks for, and the status that it gets."""
