"""Mail that did not arrive, for staff: what failed, what is in doubt, and what to do about it."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.core.access import access, current_person
from portal.core.web import done, page, page_number, seen_version
from portal.notifications import policy, queries, services
from portal.notifications.models import Message
from portal.notifications.views.edge import blueprint

PAGE_LENGTH = 25


@blueprint.route("/undelivered-mail", methods=["GET"])
@access(policy.can_see_to_mail)
def undelivered() -> ResponseReturnValue:
    number = page_number()
    found = queries.list_undelivered(offset=(number - 1) * PAGE_LENGTH, limit=PAGE_LENGTH + 1)
    return page(
        "notifications/undelivered.html",
        messages=found[:PAGE_LENGTH],
        number=number,
        has_next=len(found) > PAGE_LENGTH,
        sealed_days=queries.list_sealed_days(),
        unsubmitted_days=queries.list_unsubmitted_days(),
    )


@blueprint.route("/undelivered-mail/<uuid:message_id>/send-again", methods=["POST"])
@access(policy.can_settle, of=queries.get_undelivered)
def send_again(message: Message) -> ResponseReturnValue:
    services.send_again(message, by=current_person(), seen_version=seen_version())
    return done("The message is on its way again.", url_for("notifications.undelivered"))


@blueprint.route("/undelivered-mail/<uuid:message_id>/leave", methods=["POST"])
@access(policy.can_settle, of=queries.get_undelivered)
def leave(message: Message) -> ResponseReturnValue:
    services.leave(message, by=current_person(), seen_version=seen_version())
    return done("The message is left as it is.", url_for("notifications.undelivered"))


@blueprint.route("/undelivered-mail/sealed/send-again", methods=["POST"])
@access(policy.can_see_to_mail)
def send_sealed_again() -> ResponseReturnValue:
    services.ask_for_sealed(by=current_person())
    return done(
        "The messages about unopened rounds are on their way again.", url_for("notifications.undelivered")
    )
