"""No password gets into any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftcheck.errors import one_line
from driftcheck.redaction import shown_address, without_secrets

SECRET = "p%40ss/w:rd"


@pytest.mark.parametrize(
    "text",
    [
        "could not connect to postgresql://u:hunter2@db/x",
        "password=hunter2 host=db",
        "PASSWORD = 'hunter2 hunter2' host=db",
        "hunter2",
        "s3://key:hunter2@bucket/file",
    ],
)
def test_the_password_is_taken_out_of_driver_texts(text: str) -> None:
    """In whatever form a driver repeats the password, it is gone."""
    assert "hunter2" not in without_secrets(text, "postgresql://u:hunter2@db/x")


def test_a_signature_of_azure_is_taken_out_too() -> None:
    """It is no part of the address that was asked for, but of the environment."""
    text = "'https://acc.blob.core.windows.net/box?sv=2020&sig=hunter2&se=1' failed"
    found = without_secrets(text, "az://box/a.parquet")
    assert found == text.replace("hunter2", "***")


def test_the_decoded_password_is_taken_out_too() -> None:
    """A driver may repeat what the percent signs stand for."""
    url = "postgresql://u:p%40ss@db/x?sslpassword=o%2Fther"
    assert without_secrets("p@ss p%40ss o/ther o%2Fther", url) == "*** *** *** ***"


@given(st.text("abc:/@% \n'", min_size=8, max_size=20))
def test_no_address_breaks_the_redaction(text: str) -> None:
    """Whatever the variable holds, redacting ends."""
    assert isinstance(without_secrets("a text", f"postgresql://{text}"), str)
    assert isinstance(shown_address(text), str)


def test_an_unparsable_address_is_a_secret_as_a_whole() -> None:
    """If the password cannot be found, nothing of the address is shown."""
    address = "postgresql://u:hunter2@[db/x"
    assert "hunter2" not in without_secrets(f"bad: {address}", address)
    assert "hunter2" not in shown_address(address)


def test_addresses_are_shown_without_user_and_query() -> None:
    """HostLimiter and path are enough for people."""
    assert shown_address("https://u:p@host/a.parquet?sig=1") == "https://host/a.parquet"
    assert shown_address("data/a.parquet") == "data/a.parquet"


def test_errors_become_one_short_line() -> None:
    """A traceback-like text is cut to its first line; an empty one is named."""
    assert one_line(ValueError("first\nsecond")) == "first"
    assert one_line(ValueError()) == "ValueError"
    assert len(one_line("x" * 999)) == 200


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (
            (
                "google::cloud::Status(UNKNOWN: Permanent error, with a last message "
                "of Could not create a OAuth2 access token. The underlying error "
                "message was: Cannot open credentials file x.json "
                "error_info={reason=UNKNOWN})"
            ),
            "UNKNOWN Cannot open credentials file x.json",
        ),
        (
            (
                "Check for Hierarchical Namespace support on 'http://h/a' failed. "
                "Azure Error: [AuthorizationFailure] 403 Server failed to authenticate."
            ),
            "[AuthorizationFailure] 403 Server failed to authenticate.",
        ),
        (
            (
                "Unknown error: Check for Hierarchical Namespace support on "
                "'https://h/c' failed: "
                "N5Azure4Core11Credentials23AuthenticationExceptionE: No token."
            ),
            "AuthenticationException No token.",
        ),
    ],
)
def test_object_stores_come_to_the_point(text: str, cause: str) -> None:
    """What their clients say first would fill the line."""
    assert one_line(text) == cause
