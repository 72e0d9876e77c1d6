"""What the pages of accounts share: the blueprint, where a try comes from, known devices, the way back.

Also the gate: somebody who has not proved their address sees only how to do that.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from itsdangerous import BadSignature, URLSafeTimedSerializer
from wtforms import HiddenField

from portal.accounts.models import Person
from portal.core import session
from portal.core.access import current_person
from portal.core.errors import DomainError, Invalid
from portal.core.rest.place import is_machine

DEVICE_COOKIE = "portal_device"
DEVICE_SECONDS = 365 * 24 * 60 * 60
MOST_PEOPLE_OF_A_DEVICE = 8

# For everybody to see, also before their address is proved.
OPEN_TO_ALL = frozenset({"static", "notifications.sent_mail"})

blueprint = Blueprint("accounts", __name__)

OPEN_TO_UNCONFIRMED = frozenset(
    f"accounts.{name}"
    for name in (
        "accept_invitation",
        "confirm_email",
        "extend_session",
        "forgotten_password",
        "resend_confirmation",
        "reset_password",
        "sign_out",
        "signed_out",
        "unconfirmed",
    )
)


@blueprint.before_app_request
def _hold_back_unconfirmed() -> ResponseReturnValue | None:
    endpoint = request.endpoint or "static"
    if is_machine():
        return None  # a key admits only people whose address is proved
    if endpoint in OPEN_TO_ALL or endpoint in OPEN_TO_UNCONFIRMED or endpoint.startswith("public."):
        return None
    person = current_person()
    if person is None or person.email_confirmed_at is not None:
        return None
    return redirect(url_for("accounts.unconfirmed"), 303)


def source() -> str:
    """Where this request comes from: an IPv4 address, or the network a household or office has of IPv6."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)


def begin(person: Person, to: str) -> Response:
    """Sign in here, remember the device, and go on."""
    session.begin(person)
    response = make_response(redirect(to, 303))
    people = [str(person.id), *sorted(device() - {str(person.id)})][:MOST_PEOPLE_OF_A_DEVICE]
    response.set_cookie(
        DEVICE_COOKIE,
        _devices().dumps(people),
        max_age=DEVICE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response


def device() -> frozenset[str]:
    """Ids of the people who have signed in on this device before."""
    try:
        return frozenset(_devices().loads(request.cookies.get(DEVICE_COOKIE, ""), max_age=DEVICE_SECONDS))
    except BadSignature:
        return frozenset()


def safe_next(wanted: str | None) -> str:
    """The page to come back to, if it is one of ours; otherwise the start page."""
    text = wanted or ""
    # Browsers read a backslash as a slash and drop tabs and line ends: any of them could hide another site.
    is_path = text.startswith("/") and not text.startswith("//") and text.isprintable() and "\\" not in text
    if not is_path or " " in text:
        return url_for("home.start")
    try:
        parts = urlsplit(text)
    except ValueError:
        return url_for("home.start")
    return url_for("home.start") if parts.scheme or parts.netloc else text


def show_beside(form: FlaskForm, error: DomainError) -> None:
    """Put the domain's message beside its field; one about the whole form beside its first field."""
    name = error.field if isinstance(error, Invalid) else None
    if name is None or name not in form:
        name = next(field.name for field in form if not isinstance(field, HiddenField))
    form[name].errors = [*form[name].errors, error.message]


def _devices() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="known-device")
