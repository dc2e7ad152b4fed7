"""What the planned Jobs are asked."""
