"""The look's Python side: the Jinja environment, built assets, filters for dates and money, security headers.

`templates/layouts/base.html` expects a context processor (installed by `portal.home.views`) to give

- `current_person` (with `full_name`) or None, `person_key` (an opaque text that differs between people),
  `acting_for` (an organisation's name, or None);
- `home_href`, `account_href`, `notifications_href` with `unread` (how many), `sign_in_href`, `sign_out_href`, and
  `demonstration_href` where there is one;
- `navigation`: things with `.label`, `.href` and `.current`; `footer_links`: pairs of label and address;
- `support`: something with `.phone`, `.email` and `.hours`; `demonstration`: True in demonstration mode;
- `idle`: something with `.seconds`, `.warn_seconds`, `.extend_href`, `.signed_out_href`, or None.

A page may set `page_title`, `breadcrumbs` (pairs of label and address, the last with None), `form` or
`has_errors` (either puts "Error: " before the title). Everything is optional: see `render_bare`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from flask import Flask, Response, request, session
from govuk_frontend_wtf.main import WTFormsHelpers
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader
from markupsafe import Markup, escape

from portal.core import clock

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "static" / "build"
BUILD_PATH = "/static/build/"
FOR_EVER = "public, max-age=31536000, immutable"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
TWO_YEARS = "max-age=63072000; includeSubDomains"


class AssetsNotBuilt(RuntimeError):
    """The style sheet and scripts have not been built, or lack the file that was asked for."""


class Assets:
    """Hashed names of built files, read once; in debug, read again whenever a build has changed them."""

    def __init__(self, manifest: Path, *, reload: bool) -> None:
        self._manifest = manifest
        self._reload = reload
        self._read_at = 0
        self._names: dict[str, str] = {}

    def url(self, name: str) -> str:
        """The address of a built file by its plain name, such as `portal.css` or `images/mark.svg`."""
        if self._reload or not self._names:
            self._read()
        try:
            return BUILD_PATH + self._names[name]
        except KeyError:
            raise AssetsNotBuilt(f"No built file is called {name}. Run: npm run build") from None

    def _read(self) -> None:
        try:
            written_at = self._manifest.stat().st_mtime_ns
            if written_at != self._read_at:
                self._names = json.loads(self._manifest.read_text(encoding="utf-8"))
                self._read_at = written_at
        except FileNotFoundError:
            raise AssetsNotBuilt("The assets are not built. Run: npm ci && npm run build") from None


def init_app(app: Flask) -> None:
    """Set up templates, filters, assets and response headers."""
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(ROOT / "templates"),
            PrefixLoader(
                {
                    "govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja"),
                    "govuk_frontend_wtf": PackageLoader("govuk_frontend_wtf"),
                }
            ),
        ]
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["asset"] = Assets(BUILD / "manifest.json", reload=app.debug).url
    app.jinja_env.filters.update(
        uk_datetime=uk_datetime,
        uk_date=uk_date,
        uk_time=uk_time,
        money=money,
        plural=plural,
        relative_days=relative_days,
        nl2p=nl2p,
    )
    WTFormsHelpers(app)
    app.after_request(add_headers)


@dataclass(frozen=True)
class Support:
    """How to reach a person who can help."""

    phone: str
    email: str
    hours: str


def support(app: Flask) -> Support | None:
    """The support route that every page names, as the settings have it."""
    settings = app.config.get("SETTINGS")
    if settings is None:
        return None
    return Support(settings.support_phone, settings.support_email, settings.support_hours)


def render_bare(app: Flask, template: str, **context: Any) -> str:
    """Render a template with no context processor, so with no database and no person. For 500 and 503."""
    return app.jinja_env.get_template(template).render(bare=True, **context)


def add_headers(response: Response) -> Response:
    """Give each response its security headers, and say how long it may be kept."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", TWO_YEARS)
    if request.path.startswith(BUILD_PATH):
        if response.status_code in (200, 206, 304):
            response.headers["Cache-Control"] = FOR_EVER
    elif response.mimetype == "text/html" and "_user_id" in session:
        # Not even the Back button of a shared computer may show it after signing out.
        response.headers["Cache-Control"] = "no-store"
    return response


def uk_date(value: date | datetime | str | None) -> str:
    """`3 May 2026`, in Kent's time; text is a date kept in JSON (ISO). Nothing for None."""
    if not value:
        return ""
    if isinstance(value, str):
        value = date.fromisoformat(value)
    day = _local(value) if isinstance(value, datetime) else value
    return f"{day.day} {day:%B %Y}"


def uk_time(value: datetime | None) -> str:
    """`5:00pm`, in Kent's time; `midday` and `midnight` by name, since 12:00am misleads."""
    if value is None:
        return ""
    local = _local(value)
    if local.minute == 0 and local.hour in (0, 12):
        return "midday" if local.hour else "midnight"
    return f"{local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def uk_datetime(value: datetime | None) -> str:
    """`3 May 2026 at 5:00pm`, in Kent's time. Nothing for None."""
    return "" if value is None else f"{uk_date(value)} at {uk_time(value)}"


def money(value: Decimal | int | None) -> str:
    """`£1,234.50`. Nothing for None. Decimals and whole pounds only: a float is a mistake."""
    if value is None:
        return ""
    if isinstance(value, float):
        raise TypeError("Money is a Decimal, never a float.")
    pounds = Decimal(value).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return f"{'−' if pounds < 0 else ''}£{abs(pounds):,.2f}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 vacancy`, `1,200 vacancies`; `many` is `one` with an s unless it is given."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def relative_days(value: date | datetime | None, today: date | None = None) -> str:
    """`today`, `tomorrow`, `in 3 days`, `yesterday`, `5 days ago`, counted from today in Kent."""
    if value is None:
        return ""
    day = _local(value).date() if isinstance(value, datetime) else value
    days = (day - (today or clock.today())).days
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    if days in near:
        return near[days]
    return f"in {plural(days, 'day')}" if days > 0 else f"{plural(-days, 'day')} ago"


def nl2p(text: str | None) -> Markup:
    """Plain text as paragraphs: a blank line parts them, a single line end becomes a break. Escaped."""
    paragraphs = re.split(r"\n\s*\n", (text or "").replace("\r\n", "\n").strip())
    paragraph = Markup('<p class="govuk-body">{}</p>')
    return Markup("").join(
        paragraph.format(Markup("<br>").join(escape(line) for line in part.split("\n")))
        for part in paragraphs
        if part
    )


def _local(moment: datetime) -> datetime:
    # A moment without a zone can only have come from the database, which keeps UTC.
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(clock.LONDON)
