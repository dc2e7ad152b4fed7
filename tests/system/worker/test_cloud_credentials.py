"""Credentials of cloud stores: which are used, and what a refusal reports."""

import base64
import http.server
import json
import secrets
import threading
from pathlib import Path
from typing import Any

import pytest

from dev.processes.ports import free_port
from dev.services.azurite import ACCOUNT, Azurite
from tests.system.worker.cloud_world import (
    Store,
    connected,
    refused,
    shared_access,
)
from tests.system.worker.test_references import check, table


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
