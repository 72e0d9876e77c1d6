"""A spreadsheet that a provider sends: taken in, its columns known, and compared with what is on record.

Nothing of it is saved here (`saving_imports`). The file itself is not kept, only what stood in its cells.
"""

from __future__ import annotations

import hashlib
import json
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from portal.accounts.models import Person
from portal.core import audit, clock, jobs, transitions
from portal.core.access import require
from portal.core.db import check_version, lock, session
from portal.core.errors import Invalid, Refused
from portal.documents.services import tidy_name
from portal.providers.models import Organisation
from portal.vacancies import policy, queries
from portal.vacancies.models import VacancyColumnName, VacancyImport, VacancyImportPart
from portal.vacancies.services import sheets
from portal.vacancies.services.checks import FIELDS
from portal.vacancies.services.sheets.headings import AGES, NOT_OURS, as_mapped
from portal.vacancies.services.sheets.interpreting import Interpreted, errors_by_column
from portal.vacancies.services.sheets.values import Reading, codes_by_words
from portal.vacancies.services.sheets.writing import WHAT_IS_WRONG
from portal.vacancies.services.upserting import (
    Outcome,
    RowOutcome,
    compare_households,
    one_batch_at_a_time,
)
from portal.vacancies.states import OPEN, ImportState
from portal.vacancies.states.lists import WORDS
from portal.vacancies.workflow import IMPORT

# More rows than these are compared and saved by a job, while the page says how far it is.
AT_ONCE = 2_000
PART_ROWS = 50
KINDS = {
    Outcome.ADDED: "new",
    Outcome.CHANGED: "changed",
    Outcome.UNCHANGED: "same",
    Outcome.REFUSED: "wrong",
}


@dataclass(frozen=True)
class Compared:
    """A row with what it would do now."""

    row: sheets.ReadRow
    outcome: RowOutcome


def start_import(
    organisation: Organisation, *, file_name: str, content: bytes, by: Person
) -> tuple[VacancyImport, bool]:
    """Take a spreadsheet in, and compare it where its columns are known. Also: was it waiting here already?

    A placements lead of a verified provider. Raises `Invalid` for field `file` when it cannot be read, with the way
    out. The same file sent again while nobody has decided on it is the same import.
    """
    require(policy.can_keep(by, organisation))
    one_batch_at_a_time(organisation)
    sha256 = hashlib.sha256(content).hexdigest()
    waiting = queries.find_waiting(organisation.id, sha256)
    if waiting is not None:
        return waiting, True
    own = queries.own_column_names(organisation.id)
    sheet = sheets.open_file(content, own)
    heading = sheets.find_heading(sheet.rows, own)
    sent = VacancyImport(
        organisation_id=organisation.id,
        sent_by_id=by.id,
        file_name=tidy_name(file_name, sheet.kind),
        sha256=sha256,
        row_count=len(sheet.rows) - heading.row - 1,
        content=pack(sheet),
        heading=_kept(heading),
    )
    session.add(sent)
    session.flush()
    audit.record("vacancy_import.uploaded", sent, by=by, details={"sha256": sha256, "rows": sent.row_count})
    if heading.is_enough:
        _go_on(sent, heading, by)
    return sent, False


def set_columns(
    sent: VacancyImport, row: int, chosen: Mapping[int, str], *, by: Person, seen_version: int | None = None
) -> None:
    """Say which column is which, for this file and, remembered by their headings, for the provider's next ones.

    A placements lead. Raises `Invalid` where the reference is not chosen, nothing else is, or a field is chosen
    twice; `Refused` once the import is over or being saved; `Stale`.
    """
    lock(sent)
    check_version(sent, seen_version)
    refuse_while_saving(sent)
    sheet = unpack(sent)
    _refuse_choice(chosen)
    heading = as_mapped(row, sheet.rows[row], chosen)
    sent.row_count = len(sheet.rows) - row - 1
    _remember(sent.organisation_id, sheet.rows[row], chosen)
    _go_on(sent, heading, by)


def _refuse_choice(chosen: Mapping[int, str]) -> None:
    named = [target for target in chosen.values() if target]
    if "carer_reference" not in named:
        raise Invalid("Choose which column holds your reference for each household", field="columns")
    if len(named) < 2:
        raise Invalid("Choose at least one more column: what is to be brought up to date", field="columns")
    for target in named:
        if named.count(target) > 1:
            words = "Ages" if target == AGES else WORDS[target]
            raise Invalid(f"{words} is chosen for two columns: choose one of them", field="columns")


def _remember(organisation_id: uuid.UUID, cells: Sequence[Any], chosen: Mapping[int, str]) -> None:
    named = {
        sheets.heading_key(str(value)): chosen.get(place, NOT_OURS)
        for place, value in enumerate(cells)
        if sheets.heading_key(str(value))
    }
    if not named:
        return
    statement = insert(VacancyColumnName).values(
        [{"organisation_id": organisation_id, "heading": key, "field": field} for key, field in named.items()]
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["organisation_id", "heading"], set_={"field": statement.excluded.field}
        )
    )


def _go_on(sent: VacancyImport, heading: sheets.Heading, by: Person) -> None:
    transitions.apply(IMPORT, "read", sent, by=by)
    sent.heading = _kept(heading)
    if sent.row_count > AT_ONCE:
        jobs.defer("vacancies.compare_import", import_id=sent.id, person_id=by.id)
    else:
        compare_import(sent, by=by)


def compare_import(sent: VacancyImport, *, by: Person) -> None:
    """See what the rows would do now, and keep it as the preview. Nothing of the households changes.

    A placements lead. Raises `Refused` once the import is over.
    """
    transitions.apply(IMPORT, "preview", sent, by=by)
    sheet, heading = unpack(sent), heading_of(sent)
    known = known_by_reference(sent.organisation_id)
    read = read_rows(sent, sheet, heading, known)
    compared = _compare(sent, read, by)
    gone = _gone(read, known)
    _keep_parts(sent, _shown(compared, gone, heading))
    counted = [KINDS[one.outcome.outcome] for one in compared]
    sent.counts = {kind: counted.count(kind) for kind in KINDS.values()} | {"gone": len(gone)}
    sent.seen = {
        "rows": {
            one.outcome.carer_reference: one.outcome.version or 0
            for one in compared
            if one.outcome.outcome != Outcome.REFUSED
        },
        "gone": {str(row["id"]): row["version"] for row in gone},
    }
    sent.notes = [*sheet.notes, *_about_columns(heading), *read.notes]
    session.flush()


def refuse_while_saving(sent: VacancyImport) -> None:
    """What a job is about to save can no longer be changed."""
    if sent.choice is not None:
        raise Refused("This spreadsheet is being saved. Wait until that is done.")


def read_rows(
    sent: VacancyImport, sheet: sheets.Sheet, heading: sheets.Heading, known: Mapping[str, Mapping[str, Any]]
) -> Interpreted:
    """The rows as households, or what is wrong with each."""
    labels = queries.all_labels()
    reading = Reading(
        sent.created_at.astimezone(clock.LONDON).date(), sheet.is_1904, codes_by_words(labels), labels
    )
    return sheets.interpret(sheet, heading, reading=reading, lists=queries.get_lists(), known=known)


def known_by_reference(organisation_id: uuid.UUID) -> dict[str, Mapping[str, Any]]:
    """What is on record of the provider's households that were not withdrawn."""
    return {row["carer_reference"]: row for row in queries.list_rows(organisation_id)}


def pack(sheet: sheets.Sheet) -> bytes:
    """The cells of a sheet, as an import keeps them."""
    said = [sheet.kind, sheet.rows, sheet.notes, sorted(sheet.no_value), sheet.is_1904]
    return zlib.compress(json.dumps(said, ensure_ascii=False).encode(), 1)


def unpack(sent: VacancyImport) -> sheets.Sheet:
    """What `pack` kept. Raises `Refused` where it is no longer kept."""
    if sent.content is None:
        raise Refused("What stood in this spreadsheet is no longer kept. Upload it again.")
    kind, rows, notes, no_value, is_1904 = json.loads(zlib.decompress(sent.content))
    return sheets.Sheet(kind, rows, notes, frozenset((row, column) for row, column in no_value), is_1904)


def heading_of(sent: VacancyImport) -> sheets.Heading:
    """What is known of an import's columns."""
    kept = sent.heading or {"row": 0, "columns": {}, "unknown": {}, "repeated": {}}
    return sheets.Heading(
        kept["row"],
        *(
            {int(place): said for place, said in kept[name].items()}
            for name in ("columns", "unknown", "repeated")
        ),
    )


def _kept(heading: sheets.Heading) -> dict[str, Any]:
    """JSON has no numbers for keys."""
    return {
        "row": heading.row,
        **{
            name: {str(place): said for place, said in getattr(heading, name).items()}
            for name in ("columns", "unknown", "repeated")
        },
    }


def _compare(sent: VacancyImport, read: Interpreted, by: Person) -> list[Compared]:
    sound = [row.household for row in read.rows if row.household is not None]
    outcomes = iter(compare_households(sent.organisation, sound, by=by))
    return [
        Compared(
            row,
            next(outcomes)
            if row.household is not None
            else RowOutcome(Outcome.REFUSED, row.reference, errors=row.errors),
        )
        for row in read.rows
    ]


def _gone(read: Interpreted, known: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Open households that no row speaks of."""
    named = {row.reference for row in read.rows}
    return [row for reference, row in known.items() if reference not in named and row["state"] in OPEN]


def _about_columns(heading: sheets.Heading) -> Iterator[str]:
    ours = {AGES} if AGES in heading.columns.values() else set()
    unknown = [f"“{words}”" for words in heading.unknown.values() if words != WHAT_IS_WRONG]
    if unknown:
        one = len(unknown) == 1
        yield f"{'This column was' if one else 'These columns were'} passed over: {', '.join(unknown)}."
    for words in heading.repeated.values():
        yield f"The column “{words}” says what another column says, and was passed over."
    missing = [
        WORDS[name]
        for name in FIELDS
        if name not in heading.columns.values() and not (ours and name in ("age_from", "age_to"))
    ]
    if missing:
        yield f"There is no column for {', '.join(missing)}: what is on record of them stays."


def _shown(
    compared: Iterable[Compared], gone: Iterable[Mapping[str, Any]], heading: sheets.Heading
) -> dict[str, list[dict[str, Any]]]:
    shown: dict[str, list[dict[str, Any]]] = {kind: [] for kind in (*KINDS.values(), "gone")}
    # Once: within a transaction that has written, each look at a list is a statement.
    districts = queries.labels_of("district_code")
    for one in compared:
        shown[KINDS[one.outcome.outcome]].append(_line(one, heading, districts))
    for row in gone:
        shown["gone"].append(
            {"id": str(row["id"]), "reference": row["carer_reference"], "state": row["state"].label}
        )
    return shown


def _line(one: Compared, heading: sheets.Heading, districts: Mapping[str, str]) -> dict[str, Any]:
    outcome = one.outcome
    line: dict[str, Any] = {"row": one.row.number, "reference": outcome.carer_reference}
    if outcome.vacancy_id is not None:
        line["id"] = str(outcome.vacancy_id)
    if outcome.outcome == Outcome.REFUSED:
        line["errors"] = [
            [sheets.column_letter(place) if place is not None else "", WORDS.get(name, "Ages"), message]
            for place, name, message in errors_by_column(outcome.errors, heading)
        ]
    elif outcome.outcome == Outcome.CHANGED:
        before = {name: old for name, (old, _) in outcome.changes.items()}
        after = {name: new for name, (_, new) in outcome.changes.items()}
        line["lines"] = queries.list_differences(before, after)
    elif outcome.outcome == Outcome.ADDED:
        line["words"] = _in_short({name: new for name, (_, new) in outcome.changes.items()}, districts)
    return line


def _in_short(said: Mapping[str, Any], districts: Mapping[str, str]) -> str:
    where = districts.get(said["district_code"], "outside Kent and Medway")
    return (
        f"{said['free_places']} of {said['approved_places']} places free, ages {said['age_from']} to"
        f" {said['age_to']}, {where}, {said['outward_postcode']}"
    )


def _keep_parts(sent: VacancyImport, shown: Mapping[str, list[dict[str, Any]]]) -> None:
    session.execute(sa.delete(VacancyImportPart).where(VacancyImportPart.import_id == sent.id))
    parts = [
        {"import_id": sent.id, "kind": kind, "number": number + 1, "rows": rows[start : start + PART_ROWS]}
        for kind, rows in shown.items()
        for number, start in enumerate(range(0, len(rows), PART_ROWS))
    ]
    if parts:
        session.execute(sa.insert(VacancyImportPart), parts)


def may_compare(sent: VacancyImport, by: Person) -> bool:
    """Can it be compared anew by this person?"""
    return any(one.name == "preview" for one in IMPORT.available(by, sent))


def is_content_kept(sent: VacancyImport) -> bool:
    """Is it still known what stood in the file?"""
    return session.execute(
        sa.select(VacancyImport.content.is_not(None)).where(VacancyImport.id == sent.id)
    ).scalar_one()


def is_being_read(sent: VacancyImport) -> bool:
    """Waits a job to compare it?"""
    return sent.state == ImportState.READ
