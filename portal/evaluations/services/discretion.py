"""What commissioners and evaluators write to one another while scores are secret: no score, and no hidden name."""

from __future__ import annotations

from portal.applications.models import Application
from portal.core.errors import Invalid
from portal.core.identifying import says_name
from portal.evaluations import queries
from portal.evaluations.revealing import find_score


def refuse_score(text: str, *, field: str) -> None:
    """Raises `Invalid` where `text` says a score (rule 4)."""
    said = find_score(text)
    if said is not None:
        raise Invalid(
            f"Take the score out: “{said}” gives one away. Until consensus opens nobody else may know it.",
            field=field,
        )


def refuse_name(text: str, application: Application, *, field: str) -> None:
    """Raises `Invalid` where `text` names an applicant that evaluators know as a number (rule 3).

    Only for what a commissioner writes: to an evaluator the refusal itself would say that a guess is right.
    """
    organisation = application.organisation
    names = {organisation.legal_name, organisation.name}
    if queries.is_anonymous(application) and any(says_name(text, name) for name in names):
        raise Invalid(
            "Take the applicant’s name out: evaluators know applicants by their numbers alone. Write"
            f" “{queries.shown_name(application)}”.",
            field=field,
        )
