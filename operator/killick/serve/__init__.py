"""What Killick answers over HTTP: metrics and liveness."""
