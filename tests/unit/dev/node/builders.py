"""Pods as the API server would hand them to the node."""

from typing import Any

Json = dict[str, Any]


def make_container(name: str = "main", **fields: Any) -> Json:
    """A container with an image and a command."""
    return {"name": name, "image": "img", "command": ["true"], **fields}


def make_pod(*containers: Json, **spec: Any) -> Json:
    """A pod bound to the node, with one plain container unless some are given."""
    return {
        "metadata": {
            "namespace": "ns",
            "name": "p",
            "uid": "u-1",
            "labels": {"app": "x"},
            "annotations": {"note": "a 'b'"},
        },
        "spec": {
            "nodeName": "node-1",
            "serviceAccountName": "sa",
            "restartPolicy": "Never",
            "containers": list(containers) or [make_container()],
            **spec,
        },
    }
