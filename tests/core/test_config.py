"""Settings: what is assumed, what is refused, and what is kept."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from portal.config import ConfigError, Settings

NOTIFY_KEY = "our_key-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"
PRODUCTION = {
    "PORTAL_MODE": "production",
    "DATABASE_URL": "postgresql+psycopg://portal_app@db/portal",
    "WORKER_DATABASE_URL": "postgresql+psycopg://portal_worker@db/portal",
    "STORAGE_URL": "s3://evidence",
    "SECRET_KEY": "k" * 32,
    "MAIL_URL": "smtp://mail.example.org",
    "MAIL_FROM": "portal@example.org",
    "CLAMD_URL": "tcp://clamd:3310",
    "BASE_URL": "https://portal.example.org",
    "SUPPORT_PHONE": "01234 567 890",
    "SUPPORT_EMAIL": "portal@example.org",
}


@pytest.fixture(autouse=True)
def session() -> None:
    """These tests need no database of the suite's."""


def test_demonstration_needs_no_setting_but_its_folder(tmp_path: Path) -> None:
    settings = Settings.from_environ({"PORTAL_DATA": str(tmp_path)})

    assert settings.mode == "demo"
    assert settings.database_url is None
    assert settings.base_url == "http://127.0.0.1:5000"
    assert settings.storage_url == f"file://{tmp_path}/files"
    assert settings.idle_minutes == 30


def test_address_follows_the_port(tmp_path: Path) -> None:
    settings = Settings.from_environ({"PORTAL_DATA": str(tmp_path), "PORT": "5017"})

    assert settings.base_url == "http://127.0.0.1:5017"


def test_demonstration_keeps_its_secret_to_itself(tmp_path: Path) -> None:
    first = Settings.from_environ({"PORTAL_DATA": str(tmp_path)})
    again = Settings.from_environ({"PORTAL_DATA": str(tmp_path)})

    assert first.secret_key == again.secret_key
    assert len(first.secret_key) >= 32
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_production_with_every_setting_starts(tmp_path: Path) -> None:
    settings = Settings.from_environ({**PRODUCTION, "PORTAL_DATA": str(tmp_path)})

    assert settings.mode == "production"


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"PORTAL_MODE"}))
def test_production_names_the_setting_that_is_missing(name: str, tmp_path: Path) -> None:
    without = {key: value for key, value in PRODUCTION.items() if key != name}

    with pytest.raises(ConfigError) as refusal:
        Settings.from_environ({**without, "PORTAL_DATA": str(tmp_path)})

    assert str(refusal.value).startswith(name)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("BASE_URL", "http://portal.example.org"),
        ("PORTAL_MODE", "live"),
        ("PORT", "web"),
        ("CLAMD_URL", "clamd:3310"),
        ("MAIL_URL", "mail.example.org:25"),
        ("MAIL_URL", "notify://key@api.notifications.service.gov.uk/?email_template=1"),
        ("MAIL_URL", f"notify://{NOTIFY_KEY}@api.notifications.service.gov.uk/"),
        ("MAIL_URL", f"notify+http://{NOTIFY_KEY}@127.0.0.1:6011/?email_template=1"),
    ],
)
def test_production_names_the_setting_that_is_wrong(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=name) as refusal:
        Settings.from_environ({**PRODUCTION, name: value, "PORTAL_DATA": str(tmp_path)})
    assert NOTIFY_KEY not in str(refusal.value)


def test_production_may_send_through_notify(tmp_path: Path) -> None:
    url = f"notify://{NOTIFY_KEY}@api.notifications.service.gov.uk/?email_template=1&text_template=2"
    assert (
        Settings.from_environ({**PRODUCTION, "MAIL_URL": url, "PORTAL_DATA": str(tmp_path)}).mail_url == url
    )


def test_production_makes_up_no_secret(tmp_path: Path) -> None:
    without = {key: value for key, value in PRODUCTION.items() if key != "SECRET_KEY"}

    with pytest.raises(ConfigError):
        Settings.from_environ({**without, "PORTAL_DATA": str(tmp_path)})

    assert not (tmp_path / "secret_key").exists()
