"""Settings: from `ENRAYON_*` alone, usable unset, refused by name when they make no sense."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.app import SETTINGS
from services.chassis.access.settings import AccessSettings
from services.chassis.settings import CHECKOUT, RENAMED, ChassisSettings


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ChassisSettings.model_fields:
        monkeypatch.delenv(f"ENRAYON_{name.upper()}", raising=False)


def test_unset_they_run_on_a_laptop() -> None:
    settings = ChassisSettings()
    assert ("127.0.0.1", 50051, 8080) == (
        settings.host,
        settings.grpc_port,
        settings.http_port,
    )
    assert settings.database_url == ""
    assert settings.metrics_port == 0
    assert settings.data_dir == CHECKOUT / ".enrayon"


def test_a_variable_changes_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENRAYON_GRPC_PORT", "50099")
    monkeypatch.setenv("ENRAYON_DATA_DIR", "/srv/en rayon")
    monkeypatch.setenv("ENRAYON_REFLECTION", "false")
    monkeypatch.setenv("ENRAYON_LOG_LEVEL", "WARNING")
    monkeypatch.setenv("ENRAYON_HOST", "localhost")
    settings = ChassisSettings()
    assert settings.host == "127.0.0.1"
    assert settings.grpc_port == 50099
    assert settings.data_dir == Path("/srv/en rayon")
    assert settings.reflection is False
    assert settings.log_level == "warning"


@pytest.mark.parametrize("name", ChassisSettings.model_fields)
def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"ENRAYON_{name.upper()}", "")
    assert getattr(ChassisSettings(), name) == getattr(ChassisSettings.model_construct(), name)


@pytest.mark.parametrize("name", ChassisSettings.model_fields)
def test_each_setting_says_what_it_means(name: str) -> None:
    assert ChassisSettings.model_fields[name].description


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("grpc_port", "65536"),
        ("grpc_port", "-1"),
        ("http_port", "web"),
        ("database_timeout_s", "0"),
        ("database_timeout_s", "nan"),
        ("database_timeout_s", "inf"),
        ("database_connections", "0"),
        ("host", "shop.example"),
        ("host", "127.0.0.1:80"),
        ("drain_s", "-1"),
        ("drain_s", "inf"),
        ("max_request_bytes", "10"),
        ("max_request_bytes", "8000000"),
        ("log_level", "loud"),
        ("log_format", "jsno"),
        ("reflection", "perhaps"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"ENRAYON_{name.upper()}", value)
    with pytest.raises(ValidationError) as refused:
        ChassisSettings()
    assert [error["loc"] for error in refused.value.errors()] == [(name,)]


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_a_variable_by_an_old_name_is_refused_with_its_new_one(
    monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    monkeypatch.setenv(old, "")
    ChassisSettings()
    monkeypatch.setenv(old, "redis://shop.example")
    for kind in (ChassisSettings, AccessSettings):
        with pytest.raises(ValidationError, match=f"{old} is now {new}: rename it"):
            kind()


def test_every_new_name_is_one_that_is_read() -> None:
    read = {f"ENRAYON_{name.upper()}" for kind in SETTINGS for name in kind.model_fields}
    assert set(RENAMED.values()) - read == {"ENRAYON_TEST_DATABASE"}
    assert not RENAMED.keys() & read


def test_settings_do_not_change_and_do_not_show_secrets() -> None:
    settings = ChassisSettings(keys="1:c2VjcmV0", database_url="redis://:secret@db")
    assert "secret" not in repr(settings)
    assert "c2VjcmV0" not in repr(settings)
    with pytest.raises(ValidationError, match="frozen"):
        settings.grpc_port = 1  # type: ignore[misc]
