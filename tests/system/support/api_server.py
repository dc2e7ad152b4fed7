"""The API server by plain HTTPS: hundreds of requests, where kubectl is slow."""

import base64
import http.client
import json
import ssl
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What the API server said."""

    status: int
    body: Json

    @property
    def accepted(self) -> bool:
        """Return whether the object was (or would be) stored."""
        return self.status in (200, 201)

    @property
    def message(self) -> str:
        """Return the text that kubectl shows."""
        return str(self.body.get("message", ""))

    @property
    def fields(self) -> set[str]:
        """Return the fields that were complained of."""
        causes = self.body.get("details", {}).get("causes", [])
        return {str(cause.get("field")) for cause in causes}


IDLE = 30.0  # seconds; the server hangs up on a connection that is idle for 90


@dataclass
class ApiServer:
    """One user's connection, kept open."""

    kubeconfig: Path
    _connection: http.client.HTTPSConnection = field(init=False)
    _token: str | None = field(init=False, default=None)
    _used: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        config = json.loads(self.kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        context = ssl.create_default_context(cadata=authority)
        if "client-certificate-data" in user:
            with tempfile.NamedTemporaryFile() as pair:
                for part in ("client-certificate-data", "client-key-data"):
                    pair.write(base64.b64decode(user[part]) + b"\n")
                pair.flush()
                context.load_cert_chain(pair.name)
        self._token = user.get("token")
        address = urlsplit(cluster["server"])
        self._connection = http.client.HTTPSConnection(
            address.hostname or "", address.port, context=context, timeout=30
        )

    def send(
        self,
        method: str,
        path: str,
        body: Json,
        kind: str = "application/json",
        **query: str,
    ) -> Answer:
        """Send one request; any answer but a broken connection is returned."""
        if time.monotonic() - self._used > IDLE:
            self._connection.close()  # the next request opens a new one
        self._used = time.monotonic()
        headers = {"Content-Type": kind, "Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        self._connection.request(
            method, f"{path}?{urlencode(query)}", json.dumps(body), headers
        )
        response = self._connection.getresponse()
        return Answer(response.status, json.loads(response.read()))

    def dry_run(self, path: str, manifest: Json) -> Answer:
        """Ask whether the object would be created; unknown fields are refused."""
        query = {"dryRun": "All", "fieldValidation": "Strict"}
        return self.send("POST", path, manifest, **query)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
