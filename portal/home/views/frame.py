"""What `layouts/base.html` shows around every page, at next to no cost; `portal.core.ui` lists it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for

from portal.core import ui
from portal.core.access import current_person
from portal.core.db import session
from portal.home.views.navigation import navigation_for
from portal.providers.models import Organisation

WARN_SECONDS = 120

FOOTER = (
    ("About the framework", "public.index"),
    ("How to apply", "public.how_to_apply"),
    ("Contact", "public.contact"),
    ("Accessibility", "public.accessibility"),
    ("Privacy", "public.privacy"),
)


@dataclass(frozen=True)
class Idle:
    """When a session ends because nothing happens, and where to go to keep it or when it has ended."""

    seconds: int
    warn_seconds: int
    extend_href: str
    signed_out_href: str


def page_frame() -> dict[str, Any]:
    """The context of every page. A fragment for htmx stands in no frame and gets only the person."""
    person = current_person()
    if request.headers.get("HX-Request-Type") == "partial":
        return {"current_person": person}
    return {
        "current_person": person,
        "support": ui.support(current_app),
        "demonstration": current_app.config["DEMONSTRATION"],
        "demonstration_href": _demonstration_href(),
        "footer_links": [(label, url_for(to)) for label, to in FOOTER if to in current_app.view_functions],
        "sign_in_href": url_for("accounts.sign_in"),
        **(_frame_of(person) if person is not None else {}),
    }


def _frame_of(person: Any) -> dict[str, Any]:
    return {
        "person_key": str(person.id),
        "acting_for": _acting_for(person),
        "home_href": url_for("home.start"),
        "account_href": url_for("accounts.account"),
        "notifications_href": url_for("notifications.index"),
        "unread": person.unread or 0,
        "sign_out_href": url_for("accounts.sign_out"),
        "navigation": navigation_for(person),
        "idle": _idle(),
    }


def _acting_for(person: Any) -> str | None:
    """The council or the agency; an agency that the page itself has loaded costs no further query."""
    if person.is_council:
        return str(person.council.label)
    ids = person.organisation_ids
    if len(ids) > 1:
        return f"{len(ids)} agencies"
    organisation = session.get(Organisation, ids[0]) if ids else None
    return organisation.name if organisation is not None else None


def _demonstration_href() -> str | None:
    if current_app.config["DEMONSTRATION"] and "demo.show" in current_app.view_functions:
        return url_for("demo.show")
    return None


def _idle() -> Idle:
    return Idle(
        current_app.config["IDLE_SECONDS"],
        WARN_SECONDS,
        url_for("accounts.extend_session"),
        url_for("accounts.signed_out"),
    )
