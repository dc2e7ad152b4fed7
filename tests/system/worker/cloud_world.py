"""Emulators of cloud stores, and how a check is asked of them."""

import base64
import hashlib
import hmac
import io
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from dev.services.azurite import ACCOUNT, Azurite
from driftcheck.contract import (
    CheckAnswer,
    CheckRequest,
    Features,
    LogSource,
    Reference,
    WindowGrid,
    WindowVerdict,
    decode,
    encode_request,
)
from tests.system.worker.test_references import REPOSITORY, check, table

PINNED = "--reference-sha256"


@dataclass(frozen=True)
class Store:
    """A running store with a bucket `models`, and how its addresses begin."""

    prefix: str
    system: fs.FileSystem
    variables: Mapping[str, str]

    def put(self, name: str, data: pa.Table) -> str:
        """Write a parquet file; its digest."""
        written = io.BytesIO()
        pq.write_table(data, written)
        with self.system.open_output_stream(f"models/{name}") as stream:
            stream.write(written.getvalue())
        return hashlib.sha256(written.getvalue()).hexdigest()


def connected(server: Azurite, secret: str | None = None) -> dict[str, str]:
    """Return the environment with the account's key, or another secret."""
    return {"AZURE_STORAGE_CONNECTION_STRING": server.connection_string(secret)}


def verdict(found: CheckAnswer | None) -> tuple[str, str]:
    """Return the only window's verdict with its reason."""
    assert found is not None
    (window,) = found.windows
    return window.verdict.value, window.reason


# A window of an hour ends on the last full minute, so that nothing is still to come.
NOW = datetime.now(UTC).replace(second=0, microsecond=0)


HOUR = timedelta(hours=1)


def log_of(
    reference: str, log: str, variables: Mapping[str, str], tmp_path: Path
) -> WindowVerdict:
    """Return the only window of a check of a log in a store, as a pod makes it."""
    source = LogSource(
        "", "", "at", Features("Columns", ("price",)), type="Files", uri=log
    )
    asked = CheckRequest(
        name="m",
        namespace="ml",
        request_fingerprint="h",
        reference=Reference(reference),
        log=replace(source, lag_seconds=0),
        window_seconds=3600,
        windows=WindowGrid(NOW - HOUR, 1),
        interim=False,
    )
    told = tmp_path / "termination-log"
    subprocess.run(
        [sys.executable, "-m", "driftcheck", "check"],
        env={
            "PYTHONPATH": str(REPOSITORY / "drift"),
            "DRIFTCHECK_REQUEST": encode_request(asked),
            "TERMINATION_LOG_PATH": str(told),
            **variables,
        },
        capture_output=True,
        check=False,
        timeout=120,
    )
    (window,) = decode(told.read_bytes()).windows
    return window


def timed(start: datetime, mean: float) -> pa.Table:
    """Return a thousand rows in the hour after a time."""
    moments = [start + timedelta(seconds=3 * place) for place in range(1000)]
    return table(mean).append_column("at", pa.array(moments, pa.timestamp("us", "UTC")))


def refused(tmp_path: Path, address: str, variables: Mapping[str, str]) -> str:
    """Return what is said of a reference that could not be read."""
    found, said = check(tmp_path, address, "/x.parquet", dict(variables))
    assert found is None
    assert "ReferenceUnreadable: " in said
    return said


def shared_access(server: Azurite, key: bytes | None = None) -> str:
    """Return a signature to read and list all blobs of the account for an hour.

    https://learn.microsoft.com/rest/api/storageservices/create-account-sas
    """
    ends = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    what = {"sp": "rl", "ss": "b", "srt": "sco", "se": ends, "sv": "2020-02-10"}
    signed = [ACCOUNT, "rl", "b", "sco", "", ends, "", "", what["sv"], ""]
    secret = key or base64.b64decode(server.key)
    made = hmac.digest(secret, "\n".join(signed).encode(), "sha256")
    return urlencode({**what, "sig": base64.b64encode(made).decode()})
