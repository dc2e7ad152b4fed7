"""Pure numeric functions on arrays."""
