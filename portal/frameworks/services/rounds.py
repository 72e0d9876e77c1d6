"""Making, editing, publishing, extending and cancelling a round."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from portal.accounts.models import Person
from portal.core import audit, clock, jobs, transitions
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused, on_constraint
from portal.core.ui import uk_datetime
from portal.frameworks import policy, queries
from portal.frameworks.models import BasketVolume, DeadlineExtension, Framework, Round
from portal.frameworks.services.copying import copy_set
from portal.frameworks.services.defaults import create_default_questions
from portal.frameworks.services.weights import spread_quality_weight
from portal.frameworks.states import AdmissionRule, NotOfferedRule, Rounding, StartingSet, TieRule
from portal.frameworks.workflow import ROUND

on_constraint("ck_round_dates_in_order", "This must be before the deadline.", field="clarification_deadline")
on_constraint("terms_frozen", "This round has been published, so its terms can no longer be changed.")
on_constraint("ck_round_weights_add_up", "Quality and price must add up to 100.", field="quality_weight")


@dataclass(frozen=True)
class RoundTerms:
    """What a commissioner decides about a round. Moments are in UTC, weights in points of 100."""

    title: str
    summary: str
    clarification_deadline: datetime
    submission_deadline: datetime
    agreements_start_on: date
    authority_decision: str
    authority_clause: str
    criteria_match_original: bool
    departure_advice: str
    notice_reference: str
    quality_weight: Decimal
    quality_minimum: Decimal
    admission_rule: AdmissionRule
    admit_at_most: int | None
    standstill_days: int
    not_offered_rule: NotOfferedRule = NotOfferedRule.CEILING_OR_HIGHEST
    rounding: Rounding = Rounding.TWO
    tie_rule: TieRule = TieRule.QUALITY


@dataclass(frozen=True)
class Volume:
    """Weeks of a cell in the basket, and the highest weekly fee allowed, if any."""

    weeks: int
    ceiling: Decimal | None


def create_round(
    framework: Framework,
    terms: RoundTerms,
    *,
    by: Person,
    start: Round | StartingSet = StartingSet.DEFAULT,
) -> Round:
    """Make a draft that starts with the default questions, none, or another round's and its basket. Commissioners.

    Raises `Invalid` beside the field.
    """
    require(policy.can_manage_rounds(by))
    _check(terms)
    lock(framework)
    last = session.scalar(sa.select(sa.func.max(Round.number)).where(Round.framework_id == framework.id))
    made = Round(
        framework=framework,
        number=(last or 0) + 1,
        price_weight=100 - terms.quality_weight,
        **asdict(terms),
    )
    session.add(made)
    session.flush()
    audit.record("round.created", made, by=by, details={"number": made.number, "start": _name_of(start)})
    if isinstance(start, Round):
        copy_set(start, made)
    elif start == StartingSet.DEFAULT:
        create_default_questions(made)
    return made


def _name_of(start: Round | StartingSet) -> str:
    return str(start.id) if isinstance(start, Round) else start.value


def edit_round(round_: Round, terms: RoundTerms, *, by: Person, seen_version: int | None) -> None:
    """Change a draft; a new quality weight is spread over scored questions that added up. Commissioners."""
    lock(round_)
    check_version(round_, seen_version)
    require(policy.can_edit(by, round_))
    _check(terms)
    added_up = queries.total_questions(round_).weight == round_.quality_weight
    for name, value in asdict(terms).items():
        setattr(round_, name, value)
    round_.price_weight = 100 - terms.quality_weight
    session.flush()
    if added_up:  # points still being worked on are nobody's to change but their author's
        spread_quality_weight(round_)
    audit.record("round.edited", round_, by=by)


def _check(terms: RoundTerms) -> None:
    if terms.clarification_deadline >= terms.submission_deadline:
        raise Invalid(
            "The last moment for questions must be before the deadline for applications.",
            field="clarification_deadline",
        )
    if terms.agreements_start_on <= terms.submission_deadline.astimezone(clock.LONDON).date():
        raise Invalid(
            "Agreements must start after the deadline for applications.", field="agreements_start_on"
        )
    if not 0 < terms.quality_weight < 100:
        raise Invalid("Quality must weigh more than 0 and less than 100.", field="quality_weight")
    if not 0 <= terms.quality_minimum <= terms.quality_weight:
        raise Invalid("The minimum cannot be more than the quality weight.", field="quality_minimum")
    if (terms.admission_rule == AdmissionRule.BEST_N) != bool(terms.admit_at_most):
        raise Invalid(
            "Say how many to admit if you choose the best, and leave it empty otherwise.",
            field="admit_at_most",
        )


def set_volumes(
    round_: Round, volumes: Mapping[int, Volume], *, by: Person, seen_version: int | None
) -> None:
    """Set a draft's basket; a cell left out, or without weeks and ceiling, loses its row. Commissioners."""
    lock(round_)
    check_version(round_, seen_version)
    require(policy.can_edit(by, round_))
    for cell_id, volume in volumes.items():
        if volume.weeks < 0 or (volume.ceiling is not None and volume.ceiling <= 0):
            raise Invalid("Weeks and ceilings cannot be negative.", field=f"cell-{cell_id}")
    session.execute(sa.delete(BasketVolume).where(BasketVolume.round_id == round_.id))
    session.add_all(
        BasketVolume(round_id=round_.id, cell_id=cell_id, weeks=volume.weeks, ceiling=volume.ceiling)
        for cell_id, volume in volumes.items()
        if volume.weeks or volume.ceiling is not None
    )
    flag_modified(round_, "title")  # the basket is part of what the round's version stands for
    session.flush()
    audit.record("round.basket_changed", round_, by=by, details={"weeks": queries.count_basket_weeks(round_)})


def publish_round(round_: Round, *, by: Person, seen_version: int | None = None) -> None:
    """Freeze a draft and let providers apply. Commissioners; the workflow's guards say what is missing."""
    lock(round_)
    now = clock.locked_now()
    facts = queries.publication_facts(round_, now)
    transitions.apply(ROUND, "publish", round_, by=by, seen_version=seen_version, facts=facts)
    round_.published_at = now
    session.flush()


def extend_deadline(
    round_: Round, to: datetime, *, reason: str, by: Person, seen_version: int | None = None
) -> DeadlineExtension:
    """Give everyone until `to`, before the deadline passes, with a reason that is published. Commissioners.

    The round's row is locked before the clock is read, so one that waited past the deadline is refused.
    """
    lock(round_)
    check_version(round_, seen_version)
    require(policy.can_extend(by, round_))
    before = round_.submission_deadline
    if clock.locked_now() > before:
        raise Refused("The deadline has passed, so it can no longer be extended.")
    _check_extension(round_, to, reason)
    round_.submission_deadline = to
    extension = DeadlineExtension(
        id=uuid.uuid4(),
        round_id=round_.id,
        extended_from=before,
        extended_to=to,
        reason=reason.strip(),
        extended_by_id=by.id,
    )
    session.add(extension)
    session.flush()
    audit.record(
        "round.deadline_extended", round_, by=by, details={"from": before.isoformat(), "to": to.isoformat()}
    )
    _tell(extension)
    return extension


def _tell(extension: DeadlineExtension) -> None:
    before, after = uk_datetime(extension.extended_from), uk_datetime(extension.extended_to)
    jobs.defer(
        "applications.tell_applicants",
        round_id=extension.round_id,
        template="frameworks/deadline_extended",
        context={"before": before, "after": after, "reason": extension.reason},
        cause_id=extension.id,
    )


def _check_extension(round_: Round, to: datetime, reason: str) -> None:
    if to <= round_.submission_deadline:
        raise Invalid("The new deadline must be later than the present one.", field="submission_deadline")
    if to.astimezone(clock.LONDON).date() >= round_.agreements_start_on:
        raise Invalid("The deadline must be before agreements start.", field="submission_deadline")
    if not reason.strip():
        raise Invalid("Give the reason: it is published.", field="reason")


def cancel_round(round_: Round, *, reason: str, by: Person, seen_version: int | None = None) -> None:
    """End a round before it is decided, with a reason that is published. Commissioners."""
    if not reason.strip():
        raise Invalid("Say why the round is cancelled: it is published.", field="reason")
    transitions.apply(ROUND, "cancel", round_, by=by, seen_version=seen_version, facts={"reason": reason})
    round_.cancelled_reason = reason.strip()
    session.flush()
