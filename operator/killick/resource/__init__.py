"""The ModelDeployment as plain frozen values; no I/O."""
