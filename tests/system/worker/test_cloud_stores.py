"""References and logs in Google's and Microsoft's object stores: on their emulators.

Where the stores are, and the keys, is in the variables that their own clients read.
"""

import base64
import secrets
import uuid
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dev.processes.ports import free_port
from dev.services.azurite import Azurite
from driftcheck.contract import (
    Verdict,
)
from driftcheck.reference import profile_store
from driftcheck.reference.profile_store import store_at
from tests.contract.stores.profile_store_contract import ProfileStoreContract
from tests.system.worker.cloud_world import (
    HOUR,
    NOW,
    PINNED,
    Store,
    log_of,
    timed,
    verdict,
)
from tests.system.worker.test_references import check, table


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
