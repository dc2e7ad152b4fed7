"""References and logs in Google's and Microsoft's object stores: on their emulators.

Where the stores are, and the keys, is in the variables that their own clients read.
"""

import base64
import hashlib
import hmac
import http.server
import io
import json
import secrets
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from dev.environments.images import ensure_environment
from dev.processes.ports import free_port
from dev.processes.supervisor import Supervisor
from dev.services.azurite import ACCOUNT, Azurite
from dev.services.google_store import GoogleStore
from driftcheck.contract import (
    CheckAnswer,
    CheckRequest,
    Features,
    LogSource,
    Reference,
    Verdict,
    WindowGrid,
    WindowVerdict,
    decode,
    encode_request,
)
from driftcheck.reference import profile_store
from driftcheck.reference.profile_store import store_at
from tests.contract.stores.profile_store_contract import ProfileStoreContract
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


@pytest.fixture(scope="module")
def environment() -> Path:
    """Where the stores' programs are installed."""
    return ensure_environment("objectstore")


@pytest.fixture(scope="module")
def google(service_supervisor: Supervisor, environment: Path) -> Iterator[Store]:
    """Google's, found by the variable that its clients share."""
    with GoogleStore(service_supervisor, environment, "models") as server:
        variables = {"STORAGE_EMULATOR_HOST": server.url}
        yield Store("gs://models", server.filesystem(), variables)


@pytest.fixture(scope="module")
def azurite(service_supervisor: Supervisor, environment: Path) -> Iterator[Azurite]:
    """Microsoft's."""
    with Azurite(service_supervisor, environment) as server:
        server.filesystem().create_dir("models")
        yield server


@pytest.fixture(scope="module")
def azure(azurite: Azurite) -> Store:
    """Microsoft's, found by its connection string."""
    return Store("az://models", azurite.filesystem(), connected(azurite))


@pytest.fixture(params=["google", "azure"])
def store(request: pytest.FixtureRequest) -> Store:
    """Each of the two."""
    found: Store = request.getfixturevalue(request.param)
    return found


def connected(server: Azurite, secret: str | None = None) -> dict[str, str]:
    """The environment with the account's key, or another secret."""
    return {"AZURE_STORAGE_CONNECTION_STRING": server.connection_string(secret)}


def verdict(found: CheckAnswer | None) -> tuple[str, str]:
    """The only window's verdict with its reason."""
    assert found is not None
    (window,) = found.windows
    return window.verdict.value, window.reason


def test_a_store_has_reference_and_window(store: Store, tmp_path: Path) -> None:
    """Single objects and prefixes are read, and pinned by their digest."""
    digest = store.put("reference.parquet", table(0))
    store.put("drifted/date=2026-01-01/a.parquet", table(2))
    store.put("drifted/date=2026-01-02/b.parquet", table(2))
    store.put("calm/a.parquet", table(0))
    reference = f"{store.prefix}/reference.parquet"
    for folder, expected in (("drifted", Verdict.DRIFT), ("calm", Verdict.NO_DRIFT)):
        current = f"{store.prefix}/{folder}"
        found, said = check(
            tmp_path, reference, current, dict(store.variables), PINNED, digest
        )
        assert found is not None, said
        assert (found.windows[0].verdict, found.reference_sha256) == (expected, digest)


def test_a_changed_object_is_refused(store: Store, tmp_path: Path) -> None:
    """What was pinned is not what lies at the address now."""
    digest = store.put("changing.parquet", table(0))
    store.put("changing.parquet", table(0.1))
    address = f"{store.prefix}/changing.parquet"
    found, _ = check(tmp_path, address, address, dict(store.variables), PINNED, digest)
    assert verdict(found) == ("DataQuality", "ReferenceChanged")


@pytest.mark.parametrize("place", ["models/gone.parquet", "nobucket/gone.parquet"])
def test_a_missing_object_is_named(store: Store, tmp_path: Path, place: str) -> None:
    """With its address, whether the object or all of the bucket is gone."""
    address = store.prefix.removesuffix("models") + place
    found, said = check(tmp_path, address, "/x.parquet", dict(store.variables))
    assert found is None
    assert f"ReferenceUnreadable: {address}: there is no such file" in said


# Inference logs


# A window of an hour ends on the last full minute, so that nothing is still to come.
NOW = datetime.now(UTC).replace(second=0, microsecond=0)
HOUR = timedelta(hours=1)


def log_of(
    reference: str, log: str, variables: Mapping[str, str], tmp_path: Path
) -> WindowVerdict:
    """The only window of a check of a log in a store, as a pod makes it."""
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
    """A thousand rows in the hour after a time."""
    moments = [start + timedelta(seconds=3 * place) for place in range(1000)]
    return table(mean).append_column("at", pa.array(moments, pa.timestamp("us", "UTC")))


def test_a_store_has_the_inference_log(store: Store, tmp_path: Path) -> None:
    """Folders by date are read, and a missing one is named as missing."""
    store.put("reference.parquet", table(0))
    for start, mean in ((NOW - HOUR, 2.0), (NOW - 25 * HOUR, 0.0)):
        store.put(f"log/date={start:%Y-%m-%d}/a.parquet", timed(start, mean))
    reference = f"{store.prefix}/reference.parquet"
    found = log_of(reference, f"{store.prefix}/log", store.variables, tmp_path)
    assert (found.verdict, found.rows) == (Verdict.DRIFT, 1000)
    gone = log_of(reference, f"{store.prefix}/gone", store.variables, tmp_path)
    assert gone.reason == "MissingTable"


def test_a_log_without_access_is_no_outage(azurite: Azurite, tmp_path: Path) -> None:
    """Trying again does not help, unlike with a store that is away."""
    reference = tmp_path / "reference.parquet"
    pq.write_table(table(0), reference)
    wrong = base64.b64encode(secrets.token_bytes(32)).decode()
    for secret, port, reason in (
        (wrong, azurite.port, "LogForbidden"),
        (azurite.key, free_port(), "LogUnreachable"),
    ):
        text = azurite.connection_string(f"AccountKey={secret}")
        text = text.replace(str(azurite.port), str(port))
        variables = {"AZURE_STORAGE_CONNECTION_STRING": text}
        found = log_of(str(reference), "az://models/log", variables, tmp_path)
        assert (found.verdict, found.reason) == (Verdict.ERROR, reason)
        assert secret not in found.message


# Reduced references


class TestGoogle(ProfileStoreContract):
    """Profiles in Google's store."""

    @pytest.fixture
    def store(self, google: Store) -> profile_store.Store:
        """By its address."""
        return store_at(f"{google.prefix}/{uuid.uuid4()}/", google.variables)


class TestAzure(ProfileStoreContract):
    """Profiles in Microsoft's store."""

    @pytest.fixture
    def store(self, azure: Store) -> profile_store.Store:
        """By its address."""
        return store_at(f"{azure.prefix}/{uuid.uuid4()}/", azure.variables)


# Credentials


def refused(tmp_path: Path, address: str, variables: Mapping[str, str]) -> str:
    """What is said of a reference that could not be read."""
    found, said = check(tmp_path, address, "/x.parquet", dict(variables))
    assert found is None
    assert "ReferenceUnreadable: " in said
    return said


def test_a_wrong_key_of_azure_is_said_and_not_shown(
    azurite: Azurite, azure: Store, tmp_path: Path
) -> None:
    """The store's own words come first, and no key is in them."""
    wrong = base64.b64encode(secrets.token_bytes(32)).decode()
    variables = connected(azurite, f"AccountKey={wrong}")
    said = refused(tmp_path, "az://models/a.parquet", variables)
    assert "[AuthorizationFailure] 403 Server failed to authenticate" in said
    assert wrong not in said
    broken = refused(
        tmp_path, "az://models/a.parquet", connected(azurite, "AccountKey=no base 64")
    )
    assert "Base64" in broken
    assert "no base 64" not in broken


def test_azure_takes_key_and_token_from_the_variables_of_its_tools(
    azurite: Azurite, azure: Store, tmp_path: Path
) -> None:
    """A shared access signature serves; a forged one is refused and not shown."""
    digest = azure.put("signed.parquet", table(0))
    address = f"abfss://models@{ACCOUNT}.dfs.core.windows.net/signed.parquet"
    token = shared_access(azurite)
    for secret in (token, f"?{token}"):
        signed = connected(azurite, f"SharedAccessSignature={secret}")
        found, said = check(tmp_path, address, address, signed)
        assert found is not None, said
        assert found.reference_sha256 == digest
        (tmp_path / "answer.json").unlink()
    forged = shared_access(azurite, secrets.token_bytes(32))
    said = refused(
        tmp_path, address, connected(azurite, f"SharedAccessSignature={forged}")
    )
    assert "403" in said
    assert forged not in said
    assert "sig=" not in said


def shared_access(server: Azurite, key: bytes | None = None) -> str:
    """A signature to read and list all blobs of the account for an hour.

    https://learn.microsoft.com/rest/api/storageservices/create-account-sas
    """
    ends = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    what = {"sp": "rl", "ss": "b", "srt": "sco", "se": ends, "sv": "2020-02-10"}
    signed = [ACCOUNT, "rl", "b", "sco", "", ends, "", "", what["sv"], ""]
    secret = key or base64.b64decode(server.key)
    made = hmac.digest(secret, "\n".join(signed).encode(), "sha256")
    return urlencode({**what, "sig": base64.b64encode(made).decode()})


@pytest.mark.parametrize(
    "address",
    [
        "abfss://models@other.dfs.core.windows.net",
        "az://models@other.dfs.core.windows.net/a.parquet",
    ],
)
def test_no_identity_for_azure_is_an_error(tmp_path: Path, address: str) -> None:
    """The client would end the process where a whole container is asked for."""
    assert "DefaultAzureCredential" in refused(tmp_path, address, {})


def test_an_azure_address_without_an_account_says_how_to_name_one(
    tmp_path: Path,
) -> None:
    """Only the container is known."""
    assert "AZURE_STORAGE_ACCOUNT" in refused(tmp_path, "az://models/a.parquet", {})
    variables = {"AZURE_STORAGE_CONNECTION_STRING": "some-secret"}
    said = refused(tmp_path, "az://models/a.parquet", variables)
    assert "names no AccountName" in said
    assert "some-secret" not in said


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (None, "Cannot open credentials file"),
        ({"private_key": "very-secret"}, "Unsupported credential type"),
        (
            {
                "type": "service_account",
                "client_email": "a@example.com",
                "token_uri": "http://127.0.0.1:9/token",
                "private_key": "very-secret",
            },
            "private",
        ),
    ],
)
def test_wrong_credentials_of_google_are_said_and_not_shown(
    google: Store, tmp_path: Path, content: dict[str, str] | None, cause: str
) -> None:
    """The cause is told, not the client's hundred words around it."""
    file = tmp_path / "credentials.json"
    if content:
        file.write_text(json.dumps(content))
    said = refused(
        tmp_path,
        "gs://models/a.parquet",
        {"GOOGLE_APPLICATION_CREDENTIALS": str(file)},
    )
    assert cause in said
    assert "very-secret" not in said


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_of_google_is_said(tmp_path: Path, status: int) -> None:
    """A listener that answers as the store does to whom it does not know."""

    class Refusing(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = {"error": {"code": status, "message": "No access for you."}}
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        variables = {"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{server.server_port}"}
        said = refused(tmp_path, "gs://models/a.parquet", variables)
        server.shutdown()
    assert "No access for you." in said


def test_a_store_that_is_away_is_an_error_soon(tmp_path: Path) -> None:
    """Google's client would try for as long as the check's pod lives."""
    variables = {"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{free_port()}"}
    address = "gs://models/a.parquet?retry_limit_seconds=3"
    assert "Could not connect" in refused(tmp_path, address, variables)
    azure = (
        "AccountName=a;AccountKey=c2VjcmV0;"
        f"BlobEndpoint=http://127.0.0.1:{free_port()}/a"
    )
    variables = {"AZURE_STORAGE_CONNECTION_STRING": azure}
    assert "Could not connect" in refused(tmp_path, "az://models/a.parquet", variables)
