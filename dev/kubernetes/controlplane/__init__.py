"""The local control plane: pinned Go modules, built once into the cache."""

from dev.kubernetes.controlplane.build import ControlPlane, ensure_control_plane

__all__ = ["ControlPlane", "ensure_control_plane"]
