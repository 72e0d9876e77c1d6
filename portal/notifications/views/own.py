"""A person's own notifications, and how they wish to be told."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.adapters import mail
from portal.core.access import access, current_person
from portal.core.errors import Invalid
from portal.core.web import done, page, page_number, seen_version
from portal.notifications import policy, queries, services
from portal.notifications.forms import SettingsForm
from portal.notifications.models import Notification
from portal.notifications.views.edge import blueprint, with_links

PAGE_LENGTH = 20


@blueprint.route("/notifications", methods=["GET"])
@access(policy.can_be_told)
def index() -> ResponseReturnValue:
    person = current_person()
    number = page_number()
    found = queries.list_notifications(person, offset=(number - 1) * PAGE_LENGTH, limit=PAGE_LENGTH + 1)
    return page(
        "notifications/index.html",
        rows=[(row, with_links(row.notification.body)) for row in found[:PAGE_LENGTH]],
        number=number,
        has_next=len(found) > PAGE_LENGTH,
        sees_to_mail=bool(policy.can_see_to_mail(person)),
    )


@blueprint.route("/notifications/<uuid:notification_id>/open", methods=["POST"])
@access(policy.can_read, of=queries.get_notification)
def open_notification(notification: Notification) -> ResponseReturnValue:
    services.mark_read(notification, by=current_person())
    return redirect(notification.path or url_for("notifications.index"), 303)


@blueprint.route("/notifications/<uuid:notification_id>/read", methods=["POST"])
@access(policy.can_read, of=queries.get_notification)
def mark_read(notification: Notification) -> ResponseReturnValue:
    services.mark_read(notification, by=current_person())
    return redirect(url_for("notifications.index", page=request.form.get("page", type=int)), 303)


@blueprint.route("/notifications/read", methods=["POST"])
@access(policy.can_be_told)
def mark_all_read() -> ResponseReturnValue:
    services.mark_all_read(by=current_person())
    return done("All your notifications are marked as read.", url_for("notifications.index"))


@blueprint.route("/notifications/settings", methods=["GET", "POST"])
@access(policy.can_be_told)
def settings() -> ResponseReturnValue:
    person = current_person()
    form = SettingsForm.of(person, queries.find_settings(person.id))
    if not form.validate_on_submit():
        return _settings_page(form, 422 if form.errors else 200)
    try:
        services.choose_settings(
            digest_topics=form.topics,
            mobile=form.number,
            by=person,
            seen_version=seen_version(),
        )
    except Invalid as error:
        if error.field is None:
            raise
        form.mobile.errors = [error.message]
        return _settings_page(form, error.status)
    return done("We will tell you as you chose.", url_for("notifications.settings"))


def _settings_page(form: SettingsForm, status: int) -> ResponseReturnValue:
    return page("notifications/settings.html", status, form=form, sends_texts=mail.current().sends_texts)
