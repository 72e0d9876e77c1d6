"""Pages of the notices: the checklist, previews, sending them, and each applicant's notice and letter."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.accounts.models import Person
from portal.applications.models import Application
from portal.core import clock
from portal.core.access import access, current_person
from portal.core.web import done, page
from portal.decisions import policy, queries, services
from portal.decisions.forms import ActionForm
from portal.decisions.models import DecisionNotice
from portal.decisions.standstill import in_words
from portal.decisions.views.frame import blueprint, pdf
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round


@blueprint.route("/decisions/rounds/<uuid:round_id>/notices", methods=["GET", "POST"])
@access(policy.can_notify, of=get_round)
def notices(round_: Round) -> ResponseReturnValue:
    form = ActionForm()
    if form.validate_on_submit():
        sent = services.send_notices(round_, by=current_person())
        return done(
            f"{len(sent)} notices sent. Standstill has begun.",
            url_for("decisions.notices", round_id=round_.id),
        )
    return page("decisions/notices.html", form=form, **_shown(round_))


@blueprint.route("/decisions/rounds/<uuid:round_id>/letters", methods=["GET"])
@access(policy.can_notify, of=get_round)
def letters(round_: Round) -> ResponseReturnValue:
    """How many letters are typeset: the fragment that the page of the notices asks for until all are."""
    return page("decisions/_letters.html", **_typeset(round_, queries.list_notices(round_)), round=round_)


@blueprint.route("/decisions/rounds/<uuid:round_id>/preview", methods=["POST"])
@access(policy.can_preview, of=get_round)
def preview_all(round_: Round) -> ResponseReturnValue:
    return pdf(
        services.preview_letters(round_, by=current_person()), f"{round_.title} preview of letters.pdf"
    )


@blueprint.route("/decisions/applications/<uuid:application_id>/preview", methods=["POST"])
@access(policy.can_preview_one, of=queries.get_standing)
def preview(application: Application) -> ResponseReturnValue:
    content = services.preview_letters(application.round, by=current_person(), application_id=application.id)
    return pdf(content, f"{application.reference} preview.pdf")


@blueprint.route("/decisions/rounds/<uuid:round_id>/conclude", methods=["POST"])
@access(policy.can_notify, of=get_round)
def conclude(round_: Round) -> ResponseReturnValue:
    services.conclude_round(round_, by=current_person())
    message = "The round is concluded. Agreements will be offered to those admitted."
    return done(message, url_for("decisions.show", round_id=round_.id))


@blueprint.route("/decisions/notices/<uuid:application_id>", methods=["GET"])
@access(policy.can_read_notice, of=queries.get_notice)
def notice(notice: DecisionNotice) -> ResponseReturnValue:
    round_ = notice.application.round
    ends = round_.standstill_ends_at
    return page(
        "decisions/notice.html",
        notice=notice,
        content=notice.content,
        round=round_,
        letter=services.letter(notice.application, notice.content, notice.sent_at),
        ends=in_words(ends) if ends else None,
        was_extended=_was_extended(notice),
        is_own=current_person().acts_for(notice.application.organisation_id),
    )


@blueprint.route("/decisions/notices/<uuid:application_id>/letter", methods=["GET"])
@access(policy.can_read_notice, of=queries.get_notice)
def letter(notice: DecisionNotice) -> ResponseReturnValue:
    return pdf(services.read_letter(notice), f"{notice.application.reference} decision notice.pdf")


def _was_extended(notice: DecisionNotice) -> bool:
    """Does standstill end at another moment than the notice named?"""
    named, ends = notice.content["standstill_ends_at"], notice.application.round.standstill_ends_at
    return named is not None and ends != datetime.fromisoformat(named)


def _shown(round_: Round) -> dict[str, Any]:
    applications = queries.list_standing(round_)
    sent = queries.list_notices(round_)
    ends = round_.standstill_ends_at or services.expected_end(round_, applications, clock.now())
    record = queries.find_record(round_)
    person: Person = current_person()
    return {
        "round": round_,
        "applications": applications,
        "recipients": queries.list_recipients(applications),
        "sent": sent,
        "ends": in_words(ends) if ends else None,
        "checks": [] if sent else queries.checklist(round_, record, clock.today()),
        "previewed": queries.list_previews(round_),
        "may_preview": policy.can_preview(person, round_),
        **_typeset(round_, sent),
    }


def _typeset(round_: Round, sent: Any) -> dict[str, Any]:
    kept = queries.list_letters(round_)
    return {"letters": kept, "typeset": len(kept), "wanted": len(sent)}
