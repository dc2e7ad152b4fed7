"""What people read of a status: conditions, phase, events."""
