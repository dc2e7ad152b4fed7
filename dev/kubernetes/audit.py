"""The API server's audit log: what each service account has asked for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CONTROLLERS = "system:serviceaccounts:kube-system"
POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "userGroups": [_CONTROLLERS]},
        {"level": "Metadata", "userGroups": ["system:serviceaccounts"]},
        {"level": "None"},
    ],
}


@dataclass(frozen=True)
class Request:
    """One request that the API server answered, without its body.

    `namespace` is empty where the request was for all of them. `code` is the answer's;
    a watch is reported when it begins.
    """

    user: str
    verb: str
    group: str
    resource: str
    namespace: str
    name: str
    code: int


class AuditLog:
    """Where the API server writes, and what it wrote."""

    def __init__(self, directory: Path) -> None:
        self._policy = directory / "audit-policy.json"
        self._log = directory / "audit.log"

    def flags(self) -> dict[str, object]:
        """Write the policy; return the API server's flags."""
        self._policy.write_text(json.dumps(POLICY))
        return {"audit-policy-file": self._policy, "audit-log-path": self._log}

    def requests(self) -> Iterator[Request]:
        """Every request for a resource by a service account, in order."""
        if not self._log.exists():
            return
        with self._log.open() as lines:
            for line in lines:
                event = json.loads(line)
                if "objectRef" in event:
                    yield _request(event)


def _request(event: dict[str, Any]) -> Request:
    what = event["objectRef"]
    subresource = what.get("subresource")
    resource = what.get("resource", "")
    return Request(
        user=event["user"]["username"],
        verb=event["verb"],
        group=what.get("apiGroup", ""),
        resource=f"{resource}/{subresource}" if subresource else resource,
        namespace=what.get("namespace", ""),
        name=what.get("name", ""),
        code=event.get("responseStatus", {}).get("code", 0),
    )
