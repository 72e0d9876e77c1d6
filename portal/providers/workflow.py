"""The lifecycle of a provider organisation: registered, then verified or refused by an officer.

`refuse` takes the fact `reason`. A refusal may be put right: a refused organisation can still be verified.
"""

from __future__ import annotations

from portal.core.access import ALLOWED, Verdict, denied
from portal.core.transitions import Facts, Lifecycle, Transition
from portal.providers import policy
from portal.providers.models import Organisation
from portal.providers.states import OrganisationState as S


def _reason_given(_: Organisation, facts: Facts) -> Verdict:
    return ALLOWED if str(facts["reason"]).strip() else denied("Say why the organisation is not verified.")


ORGANISATION = Lifecycle(
    "organisation",
    (
        Transition(
            "verify",
            "Verify",
            frozenset({S.REGISTERED, S.REFUSED}),
            S.VERIFIED,
            policy.can_verify,
            "organisation.verified",
        ),
        Transition(
            "refuse",
            "Refuse",
            frozenset({S.REGISTERED}),
            S.REFUSED,
            policy.can_verify,
            "organisation.refused",
            (_reason_given,),
        ),
    ),
)
