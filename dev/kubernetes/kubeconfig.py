"""Kubeconfig files: how a person, the operator or a test reaches the cluster."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.kubernetes.certificates import KeyPair, write_private


@dataclass(frozen=True)
class Endpoint:
    """Where the API server is and how to know that it is the right one."""

    server: str
    authority: Path

    def with_certificate(self, path: Path, pair: KeyPair) -> Path:
        """Write a kubeconfig for the user whom the certificate names."""
        user = {
            "client-certificate-data": _encoded(pair.certificate),
            "client-key-data": _encoded(pair.key),
        }
        return self._write(path, user, "default")

    def with_token(self, path: Path, token: str, namespace: str) -> Path:
        """Write a kubeconfig for a service account of that namespace."""
        return self._write(path, {"token": token}, namespace)

    def _write(self, path: Path, user: dict[str, str], namespace: str) -> Path:
        cluster = {
            "server": self.server,
            "certificate-authority-data": _encoded(self.authority),
        }
        context = {"cluster": "killick", "user": "killick", "namespace": namespace}
        content: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "killick", "cluster": cluster}],
            "users": [{"name": "killick", "user": user}],
            "contexts": [{"name": "killick", "context": context}],
            "current-context": "killick",
        }
        # JSON is YAML, and needs no library.
        write_private(path, json.dumps(content, indent=1).encode())
        return path


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
