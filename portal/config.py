"""The portal's settings, read once from the environment. Nothing else reads the environment."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parent.parent

Mode = Literal["demo", "test", "production"]

SHORTEST_SECRET = 32
MAIL_SCHEMES = ("smtp", "smtps", "notify", "notify+http")
# A name, then the service's id and the secret, as GOV.UK Notify shows a key.
NOTIFY_KEY = re.compile(r".+(?:-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}){2}")


class ConfigError(Exception):
    """A setting is missing or wrong. The message is one line and names it."""


@dataclass(frozen=True)
class Settings:
    """Everything that differs between one installation and another. Database addresses None mean embedded."""

    mode: Mode
    data_dir: Path
    embedded_dir: Path
    database_url: str | None
    worker_database_url: str | None
    migration_database_url: str | None
    storage_url: str
    secret_key: str
    mail_url: str | None
    mail_from: str
    clamd_url: str | None
    base_url: str
    port: int
    proxies: int
    idle_minutes: int
    support_phone: str
    support_email: str
    support_hours: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read and check the settings. Raises `ConfigError` naming the first that is missing or weak."""
        mode = _mode(environ)
        data_dir = Path(environ.get("PORTAL_DATA") or ROOT / "instance").resolve()
        port = _whole_number(environ, "PORT", 5000)
        settings = cls(
            mode=mode,
            data_dir=data_dir,
            embedded_dir=_embedded_dir(data_dir),
            database_url=environ.get("DATABASE_URL"),
            worker_database_url=environ.get("WORKER_DATABASE_URL"),
            migration_database_url=environ.get("MIGRATION_DATABASE_URL"),
            storage_url=environ.get("STORAGE_URL") or f"file://{data_dir}/files",
            secret_key=environ.get("SECRET_KEY") or _kept_secret(mode, data_dir),
            mail_url=_mail_url(environ),
            mail_from=environ.get("MAIL_FROM") or "fostering-framework@example.org",
            clamd_url=_clamd_url(environ),
            base_url=environ.get("BASE_URL") or f"http://127.0.0.1:{port}",
            port=port,
            proxies=_whole_number(environ, "PROXIES", 0, least=0),
            idle_minutes=_whole_number(environ, "IDLE_MINUTES", 30),
            support_phone=environ.get("SUPPORT_PHONE") or "01234 567 890",
            support_email=environ.get("SUPPORT_EMAIL") or "fostering-framework@example.org",
            support_hours=environ.get("SUPPORT_HOURS")
            or "Monday to Friday, 9am to 5pm, and until the deadline on deadline day",
        )
        if mode == "production":
            _check_production(environ, settings)
        return settings


def from_environment() -> Settings:
    """The settings of this process."""
    return Settings.from_environ(os.environ)


def _mode(environ: Mapping[str, str]) -> Mode:
    mode = environ.get("PORTAL_MODE") or "demo"
    if mode not in get_args(Mode):
        raise ConfigError(f"PORTAL_MODE is {mode!r}; it must be demo, test or production.")
    return cast(Mode, mode)


def _whole_number(environ: Mapping[str, str], name: str, default: int, *, least: int = 1) -> int:
    text = environ.get(name) or str(default)
    if not text.isdigit() or int(text) < least:
        raise ConfigError(f"{name} is {text!r}; it must be a whole number, {least} or more.")
    return int(text)


def _mail_url(environ: Mapping[str, str]) -> str | None:
    """Checked, and never repeated in a message: it holds a password or a key."""
    url = environ.get("MAIL_URL") or None
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme not in MAIL_SCHEMES:
        raise ConfigError(f"MAIL_URL must begin with one of {', '.join(MAIL_SCHEMES)} and ://.")
    if parts.scheme.startswith("notify") and not (
        NOTIFY_KEY.fullmatch(parts.username or "") and "email_template" in parse_qs(parts.query)
    ):
        raise ConfigError("MAIL_URL must be notify://API-KEY@host/?email_template=ID&text_template=ID.")
    return url


def _clamd_url(environ: Mapping[str, str]) -> str | None:
    url = environ.get("CLAMD_URL") or None
    if url is not None and not url.startswith(("tcp://", "unix:/")):
        raise ConfigError(f"CLAMD_URL is {url!r}; it must begin with tcp:// or unix:/.")
    return url


def _embedded_dir(data_dir: Path) -> Path:
    # As root the embedded server runs as a user of its own, and every folder above its data becomes
    # passable to that user: so it gets a folder outside any home.
    if os.geteuid() != 0:
        return data_dir / "postgres"
    # Its name is kept here, so that a new checkout at an old path does not find the old one's data.
    return Path("/var/lib/kent-medway-portal") / _kept(
        data_dir / "database_folder", lambda: secrets.token_hex(6)
    )


def _kept_secret(mode: Mode, data_dir: Path) -> str:
    if mode == "production":
        raise ConfigError("SECRET_KEY is not set.")
    return _kept(data_dir / "secret_key", lambda: secrets.token_urlsafe(48))


def _kept(file: Path, make: Callable[[], str]) -> str:
    """The text of a private file, made whole by the first process that wants it."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent) as fresh:  # readable by its owner alone
            fresh.write(make())
            fresh.flush()
            with contextlib.suppress(FileExistsError):
                os.link(fresh.name, file)
    return file.read_text()


def _check_production(environ: Mapping[str, str], settings: Settings) -> None:
    for name in (
        "DATABASE_URL",
        "WORKER_DATABASE_URL",
        "STORAGE_URL",
        "MAIL_URL",
        "MAIL_FROM",
        "CLAMD_URL",
        "BASE_URL",
    ):
        if not environ.get(name):
            raise ConfigError(f"{name} is not set.")
    for name in ("SUPPORT_PHONE", "SUPPORT_EMAIL"):
        if not environ.get(name):
            raise ConfigError(f"{name} is not set: every page names a support route.")
    if len(settings.secret_key) < SHORTEST_SECRET:
        raise ConfigError(f"SECRET_KEY is shorter than {SHORTEST_SECRET} characters.")
    if settings.mail_url is not None and settings.mail_url.startswith("notify+http:"):
        raise ConfigError("MAIL_URL must start with notify://: the key would travel unprotected.")
    if not settings.base_url.startswith("https://"):
        raise ConfigError("BASE_URL must start with https://.")
