"""Whether evaluators of a round see its applicants by name or by number: chosen before scoring starts."""

from __future__ import annotations

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.core import audit
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Refused
from portal.evaluations import policy
from portal.frameworks.models import Round
from portal.frameworks.states import RoundState


def choose_anonymity(
    round_: Round, *, is_anonymous: bool, by: Person, seen_version: int | None = None
) -> None:
    """Show evaluators a number instead of each applicant's name, or the name.

    A commissioner, between opening and the start of scoring; the database refuses later changes. The numbers were
    drawn by lot at opening and stay. Evaluators still declare against the names. Raises `Refused`, `Stale`.
    """
    require(policy.can_run_round(by, round_))
    lock(round_)
    check_version(round_, seen_version)
    if round_.state != RoundState.OPENED:
        raise Refused("Scoring has started, so what evaluators see of the applicants stays as it is.")
    if round_.applicants_anonymised == is_anonymous:
        return
    # For an application that was submitted and never numbered, so that none is shown without a number.
    session.execute(sa.select(sa.func.number_applicants(round_.id)))
    round_.applicants_anonymised = is_anonymous
    session.flush()
    audit.record("round.anonymity_chosen", round_, by=by, details={"is_anonymous": is_anonymous})
