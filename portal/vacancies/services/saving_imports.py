"""What becomes of a spreadsheet that was compared: saved, discarded, taken back; and its copy to correct."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta

import sqlalchemy as sa

from portal.accounts.models import Person
from portal.core import clock, jobs, transitions
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import AlreadyDone, Refused, Stale
from portal.vacancies import policy, queries
from portal.vacancies.models import Vacancy, VacancyImport, VacancyImportPart
from portal.vacancies.services import sheets
from portal.vacancies.services.checks import Household
from portal.vacancies.services.history import undo_batch
from portal.vacancies.services.importing import (
    AT_ONCE,
    heading_of,
    known_by_reference,
    read_rows,
    refuse_while_saving,
    unpack,
)
from portal.vacancies.services.sheets.interpreting import errors_by_column
from portal.vacancies.services.upserting import (
    Outcome,
    RowOutcome,
    compare_households,
    one_batch_at_a_time,
    upsert_households,
    withdraw_households,
)
from portal.vacancies.states import OPEN, ImportState
from portal.vacancies.workflow import IMPORT

KEPT_DAYS = 7
MOST_NAMED = 10


class ChangedSince(Stale):
    """Households were changed between the preview and saving, and everything or nothing was asked for."""


def ask_to_save(
    sent: VacancyImport,
    *,
    only_good: bool,
    withdraw: Sequence[uuid.UUID],
    by: Person,
    seen_version: int | None = None,
) -> bool:
    """Save at once, or have a job do it when the list is long; returns whether it is saved now. As `save_import`."""
    lock(sent)
    check_version(sent, seen_version)
    require(policy.can_import(by, sent))
    if sent.choice is not None:
        raise AlreadyDone
    if sent.row_count <= AT_ONCE:
        save_import(sent, only_good=only_good, withdraw=withdraw, by=by)
        return True
    if sent.state != ImportState.PREVIEWED:
        raise Refused(f"“Save” cannot be done: this spreadsheet is {sent.state.label.lower()}.")
    sent.choice = {"only_good": only_good, "withdraw": [str(one) for one in withdraw], "by": str(by.id)}
    jobs.defer("vacancies.save_import", import_id=sent.id)
    return False


def save_import(
    sent: VacancyImport,
    *,
    only_good: bool,
    withdraw: Sequence[uuid.UUID] = (),
    by: Person,
    seen_version: int | None = None,
) -> None:
    """Save what the preview showed: every row, or only the good ones; and withdraw those of the gone that are named.

    A placements lead. Locks the import, then the provider, then its households. A household that somebody changed
    since the preview is left as it is and told of, with `only_good`; without, and where a row is wrong, nothing is
    saved and `ChangedSince` or `Refused` raised. Everything has the import's id for its batch.
    """
    lock(sent)
    sheet, heading, seen = unpack(sent), heading_of(sent), sent.seen or {"rows": {}, "gone": {}}
    transitions.apply(IMPORT, "save", sent, by=by, seen_version=seen_version)
    one_batch_at_a_time(sent.organisation)
    rows = read_rows(sent, sheet, heading, known_by_reference(sent.organisation_id)).rows
    sound = [row.household for row in rows if row.household is not None]
    if len(sound) < len(rows) and not only_good:
        raise Refused("Some rows are wrong. Correct them, or choose to save the good rows.")
    outcomes = upsert_households(
        sent.organisation,
        sound,
        by=by,
        batch_id=sent.id,
        seen_versions=seen["rows"],
        all_or_nothing=not only_good,
    )
    left = [one for one in outcomes if one.outcome == Outcome.REFUSED and "version" in one.errors]
    if not only_good and any(one.outcome == Outcome.REFUSED for one in outcomes):
        raise ChangedSince(_nothing_saved([one.carer_reference for one in left]))
    withdrawn, touched = _withdraw(sent, withdraw, seen["gone"], by)
    if not withdrawn and all(one.outcome == Outcome.REFUSED for one in outcomes):
        raise Refused("There is nothing in this spreadsheet that can be saved.")
    sent.told = _told([one.carer_reference for one in left] + touched)
    _close(sent, outcomes, withdrawn)


def _withdraw(
    sent: VacancyImport, asked: Sequence[uuid.UUID], seen: Mapping[str, int], by: Person
) -> tuple[int, list[str]]:
    """How many were withdrawn, and the references of those that somebody changed since."""
    if not asked:
        return 0, []
    found = session.execute(
        sa.select(Vacancy.__table__.c.id, Vacancy.__table__.c.carer_reference, Vacancy.__table__.c.version)
        .where(
            Vacancy.organisation_id == sent.organisation_id,
            Vacancy.id.in_(asked),
            Vacancy.state.in_(sorted(OPEN)),
        )
        .order_by(Vacancy.id)
        .with_for_update(of=Vacancy.__table__)
    ).all()
    same = [row.id for row in found if seen.get(str(row.id)) == row.version]
    touched = [row.carer_reference for row in found if row.id not in set(same)]
    done = withdraw_households(sent.organisation, same, by=by, batch_id=sent.id) if same else 0
    return done, touched


def _close(sent: VacancyImport, outcomes: Sequence[RowOutcome], withdrawn: int) -> None:
    of = [one.outcome for one in outcomes]
    wrong = sent.counts.get("wrong", 0)
    sent.counts = {
        "new": of.count(Outcome.ADDED),
        "changed": of.count(Outcome.CHANGED),
        "same": of.count(Outcome.UNCHANGED),
        "wrong": wrong,
        "withdrawn": withdrawn,
    }
    sent.seen, sent.choice, sent.over_at = None, None, clock.now()
    _forget(sent, but="wrong" if wrong else None)


def _forget(sent: VacancyImport, but: str | None = None) -> None:
    """What stood in the file goes once it is over; wrong rows stay some days, to be corrected."""
    if but is None:
        sent.content = None
    session.execute(
        sa.delete(VacancyImportPart).where(
            VacancyImportPart.import_id == sent.id, VacancyImportPart.kind != (but or "")
        )
    )
    session.flush()


def discard_import(sent: VacancyImport, *, by: Person | None, seen_version: int | None = None) -> None:
    """Forget a spreadsheet that nobody saved; nothing changes. A placements lead, or the clock (by None).

    Raises `Refused` once it is over or being saved; `Stale`.
    """
    lock(sent)
    refuse_while_saving(sent)
    transitions.apply(IMPORT, "discard", sent, by=by, seen_version=seen_version)
    sent.seen, sent.over_at = None, clock.now()
    _forget(sent)


def undo_import(sent: VacancyImport, *, by: Person, seen_version: int | None = None) -> int:
    """Take back everything that an import saved; returns of how many households. A placements lead.

    Raises `Refused`, naming the households, when any was changed since: all or nothing (`undo_batch`).
    """
    transitions.apply(IMPORT, "undo", sent, by=by, seen_version=seen_version)
    count = undo_batch(sent.organisation, sent.id, by=by)
    _forget(sent)
    return count


def tell(sent: VacancyImport, message: str) -> None:
    """Keep what a job has to say of an import that it could not save as asked."""
    sent.choice, sent.told = None, [message]


def clean_up() -> int:
    """Discard what nobody decided on for a week; forget the wrong rows of what was saved. The clock's doing."""
    before = clock.now() - timedelta(days=KEPT_DAYS)
    left = queries.list_left_waiting(before)
    for import_id in left:
        sent = session.get(VacancyImport, import_id)
        if sent is not None and sent.choice is None:
            discard_import(sent, by=None)
    session.execute(
        sa.update(VacancyImport)
        .where(VacancyImport.over_at < before, VacancyImport.content.is_not(None))
        .values(content=None)
        .execution_options(synchronize_session=False)
    )
    return len(left)


def mark_up(sent: VacancyImport, *, by: Person) -> bytes:
    """The provider's own file as a workbook, a comment and a colour in each wrong cell. A placements lead.

    Raises `Refused` when what stood in it is no longer kept.
    """
    require(policy.can_import(by, sent))
    sheet, heading = unpack(sent), heading_of(sent)
    rows = read_rows(sent, sheet, heading, known_by_reference(sent.organisation_id)).rows
    wrong = {
        row.number - 1: [(place, message) for place, _, message in errors_by_column(row.errors, heading)]
        for row in rows
        if row.errors
    }
    sound = [row for row in rows if row.household is not None]
    households = [row.household for row in sound if row.household is not None]
    for row, outcome in zip(sound, _judged(sent, households, by), strict=True):
        if outcome.errors:
            found = errors_by_column(outcome.errors, heading)
            wrong[row.number - 1] = [(place, message) for place, _, message in found]
    return sheets.marked_up(sheet, heading.row, wrong)


def _judged(sent: VacancyImport, households: Sequence[Household], by: Person) -> list[RowOutcome]:
    return compare_households(sent.organisation, households, by=by)


def _nothing_saved(references: Sequence[str]) -> str:
    if not references:
        return "Nothing was saved, because some rows are wrong. Correct them, or save the good rows."
    return (
        f"Nothing was saved, because somebody changed {_named(references)} since you looked."
        " Look at what would change now, and save again."
    )


def _told(references: Sequence[str]) -> list[str]:
    if not references:
        return []
    return [
        f"Somebody changed {_named(references)} since you looked, so it was left as it is: look at it again."
    ]


def _named(references: Sequence[str]) -> str:
    more = f" and {len(references) - MOST_NAMED} more" if len(references) > MOST_NAMED else ""
    return ", ".join(references[:MOST_NAMED]) + more
