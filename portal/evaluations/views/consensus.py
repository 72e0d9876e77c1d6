"""Where consensus has got to, in a round and in one application: its meeting is in `meeting.py`."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.applications.models import Application
from portal.applications.services import record_access
from portal.core.access import access, current_person
from portal.core.web import page, page_number
from portal.evaluations import policy, queries
from portal.evaluations.forms import ActionForm
from portal.evaluations.views.frame import blueprint
from portal.evaluations.views.meeting import lines_shown
from portal.frameworks.models import Round
from portal.frameworks.queries import get_round


@blueprint.route("/evaluations/rounds/<uuid:round_id>/consensus", methods=["GET"])
@access(policy.can_see_round, of=get_round)
def consensus(round_: Round) -> ResponseReturnValue:
    person = current_person()
    return page(
        "evaluations/consensus.html",
        round=round_,
        is_open=round_.state in policy.CONSENSUS_SHOWN,
        listed=queries.list_consensus_progress(round_, page_number()),
        progress=queries.count_progress(round_),
        may_lock=policy.can_lock(person, round_),
        form=ActionForm(),
    )


@blueprint.route("/evaluations/applications/<uuid:application_id>/consensus", methods=["GET"])
@access(policy.can_read_consensus, of=queries.get_application)
def application_consensus(application: Application) -> ResponseReturnValue:
    record_access(application, current_person(), "evaluators’ scores")
    lines = lines_shown(application)
    void_sheets = queries.list_void_sheets(application)
    return page(
        "evaluations/application_consensus.html",
        application=application,
        applicant=queries.shown_name(application),
        is_anonymous=queries.is_anonymous(application),
        lines=lines,
        to_agree=next((line for line in lines if line.agreed is None), None),
        may_moderate=policy.may_chair(current_person(), application),
        is_moderator=policy.reads_whole(current_person()),
        void_sheets=void_sheets,
        void_scores=queries.list_void_scores(void_sheets) if policy.audits(current_person()) else {},
        void_consensus=queries.list_void_consensus(application),
    )
