"""The lifecycles of an enquiry and of a placement (domain handbook §3)."""

from __future__ import annotations

from portal.core.access import ALLOWED, Verdict, denied
from portal.core.transitions import Facts, Lifecycle, Transition
from portal.core.ui import uk_datetime
from portal.matching.models import Enquiry, Placement
from portal.matching.policy import can_answer, can_decide, can_keep_placement
from portal.matching.states import EnquiryState as E
from portal.matching.states import PlacementState as P


def _in_time(enquiry: Enquiry, facts: Facts) -> Verdict:
    """An unanswered enquiry is answered by the instant asked for; an answer once given may be changed later."""
    if enquiry.state != E.SENT or facts["now"] <= enquiry.answer_by:
        return ALLOWED
    return denied(f"An answer was asked for by {uk_datetime(enquiry.answer_by)}. The enquiry has lapsed.")


def _still_looking(_: Enquiry, facts: Facts) -> Verdict:
    if facts["is_open"]:
        return ALLOWED
    return denied("The council no longer looks for this placement, so the answer stands as it is.")


def _may_be_placed_with(_: Enquiry, facts: Facts) -> Verdict:
    if facts["may_place"]:
        return ALLOWED
    return denied("No new placements can be made with this provider now: its agreement is not in force.")


def _answer_is_late(enquiry: Enquiry, facts: Facts) -> Verdict:
    return ALLOWED if facts["now"] > enquiry.answer_by else denied("This enquiry can still be answered.")


def _by_the_clock_alone(*_: object) -> Verdict:
    return denied("An enquiry lapses by its time, never by hand.")


def _has_begun(placement: Placement, facts: Facts) -> Verdict:
    if facts["started_on"] <= facts["today"]:
        return ALLOWED
    return denied("A placement begins when the child has moved in: the day cannot be still to come.")


def _has_ended(placement: Placement, facts: Facts) -> Verdict:
    if facts["ended_on"] > facts["today"]:
        return denied("The last day of a placement cannot be still to come.")
    if placement.started_on is not None and facts["ended_on"] < placement.started_on:
        return denied("A placement cannot end before it began.")
    return ALLOWED


ENQUIRY = Lifecycle(
    of="enquiry",
    transitions=(
        Transition(
            "offer",
            "Offer a place",
            frozenset({E.SENT, E.OFFERED, E.CANNOT}),
            E.OFFERED,
            can_answer,
            "enquiry.offered",
            (_in_time, _still_looking, _may_be_placed_with),
        ),
        Transition(
            "say_cannot",
            "Say that you cannot offer a place",
            frozenset({E.SENT, E.OFFERED, E.CANNOT}),
            E.CANNOT,
            can_answer,
            "enquiry.turned_down",
            (_in_time, _still_looking),
        ),
        Transition(
            "lapse",
            "Lapse",
            frozenset({E.SENT}),
            E.LAPSED,
            _by_the_clock_alone,
            "enquiry.lapsed",
            (_answer_is_late,),
        ),
        Transition(
            "close",
            "Close unanswered",
            frozenset({E.SENT}),
            E.LAPSED,
            can_decide,
            "enquiry.closed_unanswered",
        ),
        Transition(
            "choose",
            "Choose this offer",
            frozenset({E.OFFERED}),
            E.CHOSEN,
            can_decide,
            "enquiry.chosen",
            (_still_looking, _may_be_placed_with),
        ),
        Transition(
            "decline",
            "Decline this offer",
            frozenset({E.OFFERED}),
            E.NOT_CHOSEN,
            can_decide,
            "enquiry.declined",
        ),
    ),
)

PLACEMENT = Lifecycle(
    of="placement",
    transitions=(
        Transition(
            "start",
            "The child has moved in",
            frozenset({P.AGREED}),
            P.LIVE,
            can_keep_placement,
            "placement.started",
            (_has_begun,),
        ),
        Transition(
            "end",
            "End the placement",
            frozenset({P.LIVE}),
            P.ENDED,
            can_keep_placement,
            "placement.ended",
            (_has_ended,),
        ),
        Transition(
            "abandon",
            "The child never moved in",
            frozenset({P.AGREED}),
            P.ENDED,
            can_keep_placement,
            "placement.abandoned",
        ),
    ),
)
