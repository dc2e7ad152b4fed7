"""What Killick asks of the Kubernetes API server: a port and its real adapter."""
