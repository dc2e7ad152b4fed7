"""The settings that the operator publishes, and how the command line reads them."""

import pytest
from pydantic import ValidationError

from killick.runtime.settings_publisher import config_map
from killick.settings import PUBLISHED, Settings, variable

OWN = Settings(
    cluster="north",
    tracking_uri="http://mlflow:5000",
    allowed_hosts="*.example",
    resync_seconds=60,
)


def test_what_is_published_is_what_is_read() -> None:
    """Published settings give the same plans as the operator's own."""
    data = config_map(OWN)["data"]
    read = Settings.from_published(data)
    assert {name: getattr(read, name) for name in PUBLISHED} == {
        name: getattr(OWN, name) for name in PUBLISHED
    }
    assert read.for_plans() == OWN.for_plans()


def test_the_environment_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of the shell overrides the published setting, and is named."""
    monkeypatch.setenv("KILLICK_TRACKING_URI", "http://other:5000")
    read = Settings.from_published(OWN.published())
    assert (read.cluster, read.tracking_uri) == ("north", "http://other:5000")
    assert Settings().overridden() == ("tracking_uri",)


def test_no_credential_is_published() -> None:
    """User and password in a URL stay in the operator."""
    secret = Settings(
        tracking_uri="https://ada:hunter2@mlflow.example:5000/path",
        pushgateway_url="http://token@push:9091",
    )
    assert secret.published()["KILLICK_TRACKING_URI"] == (
        "https://mlflow.example:5000/path"
    )
    assert "hunter2" not in str(config_map(secret))
    assert secret.published()["KILLICK_PUSHGATEWAY_URL"] == "http://push:9091"


def test_settings_of_another_version_are_refused() -> None:
    """A published value that this version does not accept is an error, no default."""
    with pytest.raises(ValidationError):
        Settings.from_published({variable("resync_seconds"): "soon"})
