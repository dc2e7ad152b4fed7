"""A smart-HTTP Git server with fault injection."""
