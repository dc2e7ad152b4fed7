"""What addresses and variables say of an object store."""

from typing import Any

import pytest

from driftcheck.storage.filesystems import (
    azure_options,
    azure_place,
    google_address,
)

BLOB = {
    "blob_storage_authority": ".blob.core.windows.net",
    "blob_storage_scheme": "https",
    "dfs_storage_authority": ".dfs.core.windows.net",
    "dfs_storage_scheme": "https",
}


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("az://box/a/b.parquet", (None, "box/a/b.parquet")),
        ("abfs://box", (None, "box")),
        ("abfss://box@acc.dfs.core.windows.net/a%20b", ("acc", "box/a b")),
        ("abfss://acc.blob.core.windows.net/box/a", ("acc", "box/a")),
        ("abfs://acc:key@box/a", ("acc", "box/a")),
        ("abfs://box:key@acc.dfs.core.windows.net/a/", ("acc", "box/a")),
    ],
)
def test_an_azure_address_names_container_and_perhaps_account(
    uri: str, place: tuple[str | None, str]
) -> None:
    """In each of the forms that are in use."""
    assert azure_place(uri) == place


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (
            (
                "DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=a+b/c==;"
                "EndpointSuffix=core.windows.net"
            ),
            {**BLOB, "account_key": "a+b/c=="},
        ),
        (
            (
                "BlobEndpoint=https://acc.blob.core.windows.net/;AccountName=acc;"
                "SharedAccessSignature=sv=2020&sig=x%3D"
            ),
            {**BLOB, "sas_token": "?sv=2020&sig=x%3D"},
        ),
        (
            "AccountName=acc;AccountKey=k;EndpointSuffix=core.chinacloudapi.cn",
            {
                **BLOB,
                "blob_storage_authority": ".blob.core.chinacloudapi.cn",
                "dfs_storage_authority": ".dfs.core.chinacloudapi.cn",
                "account_key": "k",
            },
        ),
        (
            "AccountName=acc;AccountKey=k;BlobEndpoint=http://127.0.0.1:10000/acc;",
            {
                "blob_storage_authority": "127.0.0.1:10000",
                "blob_storage_scheme": "http",
                "dfs_storage_authority": "127.0.0.1:10000",
                "dfs_storage_scheme": "http",
                "account_key": "k",
            },
        ),
    ],
)
def test_a_connection_string_says_where_the_account_is(
    text: str, options: dict[str, Any]
) -> None:
    """As the portal shows it, of other clouds, and of the emulator."""
    found = azure_options({"AZURE_STORAGE_CONNECTION_STRING": text})
    assert found == {"account_name": "acc", **options}


def test_the_tools_other_variables_say_the_same() -> None:
    """Without a key or a token, the pod's identity has to serve."""
    named = {"AZURE_STORAGE_ACCOUNT": "acc"}
    assert azure_options({}) is None
    assert azure_options(named) == {"account_name": "acc", **BLOB}
    for variable, option in (
        ({"AZURE_STORAGE_KEY": "k"}, {"account_key": "k"}),
        ({"AZURE_STORAGE_SAS_TOKEN": "?sig=x"}, {"sas_token": "?sig=x"}),
    ):
        assert azure_options({**named, **variable}) == {
            "account_name": "acc",
            **BLOB,
            **option,
        }


@pytest.mark.parametrize(
    ("uri", "emulator", "address"),
    [
        ("gs://box/a", None, "gs://box/a?retry_limit_seconds=30"),
        (
            "gs://me@box/a?retry_limit_seconds=5",
            None,
            "gs://me@box/a?retry_limit_seconds=5",
        ),
        (
            "gs://box/a",
            "http://127.0.0.1:9023",
            (
                "gs://anonymous@box/a?retry_limit_seconds=30&scheme=http"
                "&endpoint_override=127.0.0.1%3A9023"
            ),
        ),
        (
            "gs://me@box/a",
            "127.0.0.1:9023",
            (
                "gs://anonymous@box/a?retry_limit_seconds=30&scheme=http"
                "&endpoint_override=127.0.0.1%3A9023"
            ),
        ),
    ],
)
def test_googles_client_is_told_when_to_give_up(
    uri: str, emulator: str | None, address: str
) -> None:
    """And where an emulator is, which gets no credentials."""
    environment = {"STORAGE_EMULATOR_HOST": emulator} if emulator else {}
    assert google_address(uri, environment) == address
