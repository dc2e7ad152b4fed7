"""A Kubernetes control plane on loopback and its development node."""
