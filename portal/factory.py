"""Builds the application: settings, adapters, session, look and the features' blueprints. Nothing else."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from htmx_flask import Htmx
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import commands
from portal.accounts.queries import find_active_person
from portal.adapters import mail, pulse, scanner, storage
from portal.config import Settings, from_environment
from portal.core import access, db, embedded, rest, session, ui, web
from portal.keys.services import admit_key, find_caller

FEATURES = (
    "accounts",
    "providers",
    "keys",
    "frameworks",
    "documents",
    "applications",
    "pricing",
    "vacancies",
    "evaluations",
    "decisions",
    "agreements",
    "matching",
    "notifications",
    "home",
    "public",
    "reports",
    "demo",
)
MOST_BYTES_OF_A_REQUEST = 52 * 1024 * 1024
MOST_BYTES_OF_A_FORM_FIELD = 2 * 1024 * 1024


def create_app(
    settings: Settings | None = None, *, engine_options: dict[str, Any] | None = None
) -> web.PortalFlask:
    """The portal, ready to serve. Without `settings` they come from the environment."""
    settings = settings or from_environment()
    app = web.PortalFlask("portal", template_folder="../templates", static_folder="../static")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SETTINGS=settings,
        BASE_URL=settings.base_url,
        DEMONSTRATION=settings.mode == "demo",
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https:"),
        MAX_CONTENT_LENGTH=MOST_BYTES_OF_A_REQUEST,
        MAX_FORM_MEMORY_SIZE=MOST_BYTES_OF_A_FORM_FIELD,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]
    db.connect(embedded.address(settings, "portal_app"), **(engine_options or {}))
    _choose_adapters(settings)
    Htmx(app)
    access.csrf.init_app(app)
    session.init_app(app, find_person=find_active_person, idle_seconds=settings.idle_minutes * 60)
    web.init_app(app)
    rest.init_app(app, admit=admit_key, find=find_caller)
    ui.init_app(app)
    for feature in FEATURES:
        _install(app, feature)
    commands.register(app)
    return app


def _choose_adapters(settings: Settings) -> None:
    storage.use(storage.ObjectStorage(settings.storage_url))
    scanner.use(scanner.ClamdScanner(settings.clamd_url) if settings.clamd_url else scanner.NoScanner())
    pulse.use(pulse.HttpPulse(settings.base_url))
    if settings.mail_url is not None:
        mail.use(_mailer(settings.mail_url, settings.mail_from))


def _mailer(url: str, sender: str) -> mail.Mailer:
    if not url.startswith("notify"):
        return mail.SmtpMailer(url, sender)
    from portal.adapters.notify import NotifyMailer  # its client takes long to import, and few need it

    return NotifyMailer(url)


def _install(app: web.PortalFlask, feature: str) -> None:
    if find_spec(f"portal.{feature}.jobs"):
        import_module(f"portal.{feature}.jobs")
    if find_spec(f"portal.{feature}.views"):
        app.register_blueprint(import_module(f"portal.{feature}.views").blueprint)
    if find_spec(f"portal.{feature}.api"):
        app.register_blueprint(import_module(f"portal.{feature}.api").blueprint)
