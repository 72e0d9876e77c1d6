"""The lifecycles of an agreement, whose end date is the framework's, an extension, a price review (§3, §7)."""

from __future__ import annotations

from portal.agreements.models import Agreement, FrameworkExtension, PriceReview
from portal.agreements.policy import (
    can_analyse,
    can_check_funding,
    can_countersign,
    can_decide_extension,
    can_decide_review,
    can_prepare_extension,
    can_recommend_review,
    can_sign,
    can_steward,
    can_withdraw_review,
)
from portal.agreements.states import UNDER_REVIEW, FundingSource
from portal.agreements.states import AgreementState as S
from portal.agreements.states import ExtensionState as E
from portal.agreements.states import PriceReviewState as R
from portal.core.access import ALLOWED, Verdict, denied
from portal.core.transitions import Facts, Lifecycle, Transition
from portal.core.ui import uk_date


def _after_standstill(_: Agreement, facts: Facts) -> Verdict:
    if facts["round_concluded"]:
        return ALLOWED
    return denied("The agreement can be signed once standstill has ended and the round is concluded.")


def _not_claimed(_: Agreement, facts: Facts) -> Verdict:
    if not facts["claimed"]:
        return ALLOWED
    return denied("This agreement cannot be signed while a legal claim about the decision is open.")


def _not_lapsed(agreement: Agreement, facts: Facts) -> Verdict:
    if facts["today"] <= agreement.lapses_on:
        return ALLOWED
    return denied(f"This offer could be signed until {uk_date(agreement.lapses_on)}. It has lapsed.")


def _last_day_passed(agreement: Agreement, facts: Facts) -> Verdict:
    return ALLOWED if facts["today"] > agreement.lapses_on else denied("This offer can still be signed.")


def _by_the_clock_alone(*_: object) -> Verdict:
    return denied("An offer lapses by its date, never by hand.")


AGREEMENT = Lifecycle(
    of="agreement",
    transitions=(
        Transition(
            "sign",
            "Sign the agreement",
            frozenset({S.OFFERED}),
            S.SIGNED,
            can_sign,
            "agreement.signed",
            (_after_standstill, _not_claimed, _not_lapsed),
        ),
        Transition(
            "lapse",
            "Lapse",
            frozenset({S.OFFERED}),
            S.LAPSED,
            _by_the_clock_alone,
            "agreement.lapsed",
            (_last_day_passed,),
        ),
        Transition(
            "countersign",
            "Countersign",
            frozenset({S.SIGNED}),
            S.ACTIVE,
            can_countersign,
            "agreement.countersigned",
            (_not_claimed,),
        ),
        Transition(
            "suspend",
            "Suspend from new placements",
            frozenset({S.ACTIVE}),
            S.SUSPENDED,
            can_steward,
            "agreement.suspended",
        ),
        Transition(
            "reinstate",
            "Lift the suspension",
            frozenset({S.SUSPENDED}),
            S.ACTIVE,
            can_steward,
            "agreement.reinstated",
        ),
        Transition(
            "end",
            "End the agreement",
            frozenset({S.ACTIVE, S.SUSPENDED}),
            S.ENDED,
            can_steward,
            "agreement.ended",
        ),
    ),
)


def _from_the_present_end(extension: FrameworkExtension, facts: Facts) -> Verdict:
    if facts["ends_on"] == extension.extends_from:
        return ALLOWED
    return denied("The framework’s end has moved since this was proposed. Propose the extension again.")


def _not_ended(extension: FrameworkExtension, facts: Facts) -> Verdict:
    if facts["today"] <= extension.extends_from:
        return ALLOWED
    return denied("The framework has ended, so it can no longer be extended.")


EXTENSION = Lifecycle(
    of="framework_extension",
    transitions=(
        Transition(
            "consult",
            "Record the consultation",
            frozenset({E.PROPOSED}),
            E.CONSULTED,
            can_prepare_extension,
            "framework_extension.consulted",
        ),
        Transition(
            "decide",
            "Decide the extension",
            frozenset({E.CONSULTED}),
            E.DECIDED,
            can_decide_extension,
            "framework_extension.decided",
            (_from_the_present_end, _not_ended),
        ),
        Transition(
            "notify",
            "Notify the providers",
            frozenset({E.DECIDED}),
            E.NOTIFIED,
            can_prepare_extension,
            "framework_extension.notified",
        ),
    ),
)


def _confirmed(_: PriceReview, facts: Facts) -> Verdict:
    if facts["arithmetic_confirmed"]:
        return ALLOWED
    return denied("Finance confirms the arithmetic, or the analysis is put right first.")


def _funded(_: PriceReview, facts: Facts) -> Verdict:
    """Without funding nothing can be recommended but to reject."""
    if facts["funding"] != FundingSource.NONE or not facts["fees"]:
        return ALLOWED
    return denied("Finance found no funding, so that only a rejection can be recommended.")


def _recommended(_: PriceReview, facts: Facts) -> Verdict:
    if facts["approvable"]:
        return ALLOWED
    return denied("A rejection was recommended. Reject the request, or refer the review back.")


PRICE_REVIEW = Lifecycle(
    of="price review",
    transitions=(
        Transition(
            "analyse",
            "Analyse",
            frozenset({R.REQUESTED, R.ANALYSED}),
            R.ANALYSED,
            can_analyse,
            "price_review.analysed",
        ),
        Transition(
            "check_funding",
            "Check for Finance",
            frozenset({R.ANALYSED}),
            R.FUNDED,
            can_check_funding,
            "price_review.funding_checked",
            (_confirmed,),
        ),
        Transition(
            "recommend",
            "Recommend",
            frozenset({R.FUNDED}),
            R.RECOMMENDED,
            can_recommend_review,
            "price_review.recommended",
            (_funded,),
        ),
        Transition(
            "refer_back",
            "Refer back",
            frozenset({R.RECOMMENDED}),
            R.REQUESTED,
            can_decide_review,
            "price_review.referred_back",
        ),
        Transition(
            "approve",
            "Approve",
            frozenset({R.RECOMMENDED}),
            R.APPROVED,
            can_decide_review,
            "price_review.approved",
            (_recommended,),
        ),
        Transition(
            "reject",
            "Reject",
            frozenset({R.RECOMMENDED}),
            R.REJECTED,
            can_decide_review,
            "price_review.rejected",
        ),
        Transition(
            "withdraw",
            "Withdraw the request",
            UNDER_REVIEW,
            R.WITHDRAWN,
            can_withdraw_review,
            "price_review.withdrawn",
        ),
    ),
)
