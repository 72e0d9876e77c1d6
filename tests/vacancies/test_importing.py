"""A provider's spreadsheet from upload to saved, discarded or taken back, through its pages."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Council, Role
from portal.core.db import session, transaction
from portal.core.errors import NotFound
from portal.vacancies import queries, services
from portal.vacancies.models import Vacancy, VacancyChange, VacancyImport
from portal.vacancies.services import importing, saving_imports
from portal.vacancies.states import ImportState, VacancyState
from tests.factories import accounts, pricing, providers, vacancies
from tests.support.acting import acting_as, as_worker, travel
from tests.vacancies.corpus import GOOD, as_csv_bytes, as_xlsx
from tests.vacancies.test_services import HOUSEHOLD, changed


@pytest.fixture
def organisation() -> Any:
    pricing.load_lists()
    vacancies.districts()
    return providers.organisation()


@pytest.fixture
def lead(organisation: Any) -> Any:
    made = accounts.person(Role.PLACEMENTS_LEAD, organisation=organisation)
    acting_as(made)
    return made


@pytest.fixture
def signed_in(client: Any, lead: Any) -> Any:
    client.sign_in(lead)
    return client


def rows(*changes: dict[str, Any]) -> list[list[Any]]:
    """A list as a provider keeps it: a row of headings, and a household for each."""
    lines = [{**GOOD, **one} for one in changes]
    return [list(GOOD), *([line[name] for name in GOOD] for line in lines)]


def upload(client: Any, organisation: Any, content: bytes, name: str = "list.csv", **headers: str) -> Any:
    return client.post(
        f"/organisations/{organisation.id}/vacancies/imports",
        data={"file": (io.BytesIO(content), name)},
        content_type="multipart/form-data",
        headers=headers,
    )


def last_import() -> VacancyImport:
    session.expire_all()
    return session.scalars(sa.select(VacancyImport).order_by(VacancyImport.id.desc()).limit(1)).one()


def decide(client: Any, sent: VacancyImport, what: str = "save", **data: Any) -> Any:
    answer = client.post(f"/vacancies/imports/{sent.id}/{what}", data={"version": sent.version, **data})
    session.expire_all()
    return answer


def known(organisation: Any) -> dict[str, Vacancy]:
    session.expire_all()
    found = session.scalars(sa.select(Vacancy).where(Vacancy.organisation_id == organisation.id))
    return {one.carer_reference: one for one in found if one.state != VacancyState.WITHDRAWN}


def test_from_upload_to_saved_and_taken_back(signed_in: Any, organisation: Any, lead: Any) -> None:
    services.add_vacancy(organisation, changed(carer_reference="KF-1"), by=lead)
    services.add_vacancy(organisation, changed(carer_reference="KF-2"), by=lead)
    services.add_vacancy(organisation, changed(carer_reference="KF-9"), by=lead)
    session.commit()
    same = {"Reference": "KF-1", "Approved": 3, "Placed": 1, "Vacancies": 2}
    content = as_xlsx(
        rows(same, {**same, "Reference": "KF-2", "Placed": 2, "Vacancies": 1}, {"Reference": "KF-3"})
    )
    answer = upload(signed_in, organisation, content, "Monday list.xlsx")
    sent = last_import()
    assert (answer.status_code, answer.location) == (303, f"/vacancies/imports/{sent.id}")
    assert sent.counts == {"new": 1, "changed": 1, "same": 1, "wrong": 0, "gone": 1}
    text = signed_in.get(answer.location).text
    assert "Nothing is saved yet" in text
    assert "Placed now: 1 → <strong>2</strong>" in text
    assert "Save all 3 rows" in text
    assert known(organisation)["KF-2"].placed_now == 1
    gone = known(organisation)["KF-9"]
    assert decide(signed_in, sent, withdraw=str(gone.id)).status_code == 303
    now = known(organisation)
    assert (now["KF-2"].placed_now, set(now)) == (2, {"KF-1", "KF-2", "KF-3"})
    sent = last_import()
    assert (sent.state, sent.content, sent.counts["withdrawn"]) == (ImportState.SAVED, None, 1)
    batch = session.scalars(sa.select(VacancyChange.batch_id).where(VacancyChange.batch_id.is_not(None)))
    assert set(batch) == {sent.id}
    assert "Undo this import" in signed_in.get(answer.location).text
    assert decide(signed_in, sent, "undo").status_code == 303
    now = known(organisation)
    assert (now["KF-2"].placed_now, set(now)) == (1, {"KF-1", "KF-2", "KF-9"})
    assert last_import().state == ImportState.UNDONE
    assert decide(signed_in, last_import(), "undo").status_code == 409
    listed = signed_in.get(f"/organisations/{organisation.id}/vacancies/imports").text
    assert "Monday list.xlsx" in listed
    assert "Taken back" in listed


def test_wrong_rows_are_named_and_the_good_ones_can_be_saved(signed_in: Any, organisation: Any) -> None:
    content = as_csv_bytes(
        rows({"Reference": "KF-1"}, {"Reference": "KF-2", "Vacancies": 9}, {"Reference": "KF-1", "Placed": 0})
    )
    answer = upload(signed_in, organisation, content)
    text = signed_in.get(answer.location).text
    assert "Column D, Places free:</strong> With 1 of 3 places taken, at most 2 can be free" in text
    assert "Column A, Reference:</strong> This reference is there twice: keep one of the two" in text
    assert "Save the 1 good row" in text
    sent = last_import()
    assert decide(signed_in, sent).status_code == 303
    assert "Nothing was saved, because some rows are wrong" in signed_in.get(answer.location).text
    assert known(organisation) == {}
    marked = signed_in.get(f"/vacancies/imports/{sent.id}/corrections")
    sheet = openpyxl.load_workbook(io.BytesIO(marked.data)).active
    assert sheet is not None
    assert sheet["D3"].comment.text.startswith("With 1 of 3 places")
    assert sheet["A4"].comment.text.startswith("This reference is there twice")
    assert decide(signed_in, last_import(), only="good").status_code == 303
    assert set(known(organisation)) == {"KF-1"}
    after = signed_in.get(answer.location).text
    assert "Rows that were not saved" in after
    assert signed_in.get(f"/vacancies/imports/{sent.id}/corrections").status_code == 200


def test_a_bad_file_says_why_beside_itself_and_changes_nothing(signed_in: Any, organisation: Any) -> None:
    for content, says in ((b"<html></html>", "This is a web page"), (b"", "The file is empty")):
        answer = upload(signed_in, organisation, content)
        assert answer.status_code == 422
        assert says in answer.text
        by_script = upload(signed_in, organisation, content, **{"HX-Request": "true"})
        assert by_script.status_code == 422
        assert says in json.loads(by_script.text)["message"]
    none = signed_in.post(f"/organisations/{organisation.id}/vacancies/imports")
    assert none.status_code == 422
    assert "Choose a file first" in none.text
    assert session.scalars(sa.select(sa.func.count(VacancyImport.id))).one() == 0


def test_the_same_file_twice_is_one_import_and_saved_again_changes_nothing(
    signed_in: Any, organisation: Any
) -> None:
    content = as_csv_bytes(rows({"Reference": "KF-1"}))
    first = upload(signed_in, organisation, content).location
    assert upload(signed_in, organisation, content).location == first
    assert "waits for you to decide" in signed_in.get(first).text
    sent = last_import()
    assert decide(signed_in, sent).status_code == 303
    assert decide(signed_in, sent).status_code == 409
    again = upload(signed_in, organisation, content, **{"HX-Request": "true"})
    assert (again.status_code, again.headers["HX-Redirect"]) != (200, first)
    assert "This same file was saved before" in signed_in.get(again.headers["HX-Redirect"]).text
    assert last_import().counts == {"new": 0, "changed": 0, "same": 1, "wrong": 0, "gone": 0}
    assert decide(signed_in, last_import()).status_code == 303
    assert session.scalars(sa.select(sa.func.count(VacancyChange.id))).one() == 1


def test_a_household_changed_since_the_preview_is_not_overwritten(
    signed_in: Any, organisation: Any, lead: Any
) -> None:
    made = services.add_vacancy(organisation, changed(carer_reference="KF-1"), by=lead)
    session.commit()
    content = as_csv_bytes(rows({"Reference": "KF-1", "Placed": 2, "Vacancies": 1}, {"Reference": "KF-2"}))
    answer = upload(signed_in, organisation, content)
    services.edit_fields(known(organisation)["KF-1"], {"bedrooms": 2}, by=lead)
    session.commit()
    assert decide(signed_in, last_import()).status_code == 303
    assert "Nothing was saved, because somebody changed KF-1" in signed_in.get(answer.location).text
    assert set(known(organisation)) == {"KF-1"}
    services.edit_fields(known(organisation)["KF-1"], {"bedrooms": 3}, by=lead)
    session.commit()
    assert decide(signed_in, last_import(), only="good").status_code == 303
    now = known(organisation)
    assert (set(now), now["KF-1"].placed_now, now["KF-1"].bedrooms) == ({"KF-1", "KF-2"}, 1, 3)
    assert "Somebody changed KF-1 since you looked" in signed_in.get(answer.location).text
    assert made.id == now["KF-1"].id


def test_what_no_column_says_stays_and_own_headings_are_remembered(
    signed_in: Any, organisation: Any, lead: Any
) -> None:
    services.add_vacancy(organisation, changed(carer_reference="KF-1", bedrooms=2), by=lead)
    session.commit()
    lines = [["Hh", "Kids in", "Left", "Mood"], ["KF-1", "0", "3", "good"]]
    answer = upload(signed_in, organisation, as_csv_bytes(lines))
    sent = last_import()
    assert (sent.state, answer.location) == (ImportState.UPLOADED, f"/vacancies/imports/{sent.id}/columns")
    assert "A: Hh" in signed_in.get(answer.location).text
    chosen = {"version": sent.version, "column-1": "placed_now", "column-2": "free_places"}
    refused = signed_in.post(answer.location, data=chosen)
    assert refused.status_code == 422
    assert "Choose which column holds your reference" in refused.text
    twice = signed_in.post(
        answer.location, data={**chosen, "column-0": "carer_reference", "column-3": "free_places"}
    )
    assert "Places free is chosen for two columns" in twice.text
    mapped = signed_in.post(answer.location, data={**chosen, "column-0": "carer_reference"})
    text = signed_in.get(mapped.location).text
    assert "Placed now: 1 → <strong>0</strong>" in text
    assert "This column was passed over: “Mood”." in text
    assert decide(signed_in, last_import()).status_code == 303
    now = known(organisation)["KF-1"]
    assert (now.placed_now, now.free_places, now.bedrooms) == (0, 3, 2)
    lines[1][1:3] = ["1", "2"]
    upload(signed_in, organisation, as_csv_bytes(lines))
    assert last_import().state == ImportState.PREVIEWED
    assert decide(signed_in, last_import(), "discard").status_code == 303
    assert last_import().content is None
    assert known(organisation)["KF-1"].placed_now == 0


def test_a_long_list_is_compared_and_saved_by_jobs(
    signed_in: Any, organisation: Any, lead: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (importing, saving_imports):
        monkeypatch.setattr(module, "AT_ONCE", 1)
    content = as_csv_bytes(rows({"Reference": "KF-1"}, {"Reference": "KF-2"}))
    answer = upload(signed_in, organisation, content)
    waiting = signed_in.get(answer.location, headers={"HX-Request": "true", "X-Background": "1"})
    assert "are being compared" in waiting.text
    services.compare_import(last_import(), by=lead)
    session.commit()
    sent = last_import()
    assert decide(signed_in, sent).status_code == 303
    assert "are being saved" in signed_in.get(answer.location).text
    assert known(organisation) == {}
    assert decide(signed_in, last_import(), "discard").status_code == 409
    sent = last_import()
    assert sent.choice is not None
    services.save_import(sent, only_good=sent.choice["only_good"], by=lead)
    session.commit()
    assert set(known(organisation)) == {"KF-1", "KF-2"}
    with as_worker():
        deferred = session.execute(
            sa.text("SELECT task_name FROM procrastinate_jobs WHERE task_name LIKE 'vacancies.%' ORDER BY id")
        ).scalars()
    assert list(deferred) == ["vacancies.compare_import", "vacancies.save_import"]


def test_rule_09_nobody_else_learns_of_a_spreadsheet(
    signed_in: Any, client: Any, organisation: Any, lead: Any
) -> None:
    upload(signed_in, organisation, as_csv_bytes(rows({"Reference": "KF-1"})))
    sent_id, version = last_import().id, last_import().version
    other = providers.organisation()
    strangers = [
        accounts.person(Role.PLACEMENTS_LEAD, organisation=other),
        accounts.person(Role.PLACEMENT_OFFICER, council=Council.KENT),
    ]
    for stranger in strangers:
        client.sign_in(stranger)
        for path in ("", "/columns", "/corrections"):
            assert client.get(f"/vacancies/imports/{sent_id}{path}").status_code in {403, 404}
        assert client.post(f"/vacancies/imports/{sent_id}/save", data={"version": version}).status_code in {
            403,
            404,
        }
        for page in ("download", "imports"):
            assert client.get(f"/organisations/{organisation.id}/vacancies/{page}").status_code in {403, 404}
        with pytest.raises(NotFound):
            queries.get_import(stranger, sent_id)
        acting_as(stranger)
        for table in ("vacancy_import", "vacancy_import_part"):
            assert session.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
    client.sign_in(lead)
    acting_as(lead)
    assert known(organisation) == {}
    assert last_import().state == ImportState.PREVIEWED


def test_rule_10_names_addresses_and_whole_postcodes_are_never_saved(
    signed_in: Any, organisation: Any
) -> None:
    content = as_csv_bytes(
        rows(
            {"Reference": "Jane Smith"},
            {"Reference": "12 Mill Lane"},
            {"Reference": "KF-3", "Postcode": "ME10 3AB"},
            {"Reference": "KF 03/05/1970"},
        )
    )
    answer = upload(signed_in, organisation, content)
    text = signed_in.get(answer.location).text
    for says in (
        "looks like a name",
        "looks like an address",
        "only the first part",
        "looks like a date of birth",
    ):
        assert says in text
    assert "good row" not in text
    assert decide(signed_in, last_import(), only="good").status_code == 409
    assert known(organisation) == {}


def test_the_administrator_looks_and_downloads_and_does_not_import(
    client: Any, organisation: Any, lead: Any
) -> None:
    services.add_vacancy(organisation, HOUSEHOLD, by=lead)
    session.commit()
    client.sign_in(accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=organisation))
    assert (
        "Only the provider’s placements lead"
        in client.get(f"/organisations/{organisation.id}/vacancies/imports").text
    )
    assert upload(client, organisation, as_csv_bytes(rows({}))).status_code == 403
    csv = client.get(f"/organisations/{organisation.id}/vacancies/download?format=csv")
    assert csv.data.startswith(b"\xef\xbb\xbf")
    assert "KF-0142" in csv.text
    book = client.get(f"/organisations/{organisation.id}/vacancies/download")
    assert openpyxl.load_workbook(io.BytesIO(book.data))["Households"]["A2"].value == "KF-0142"


def test_what_was_downloaded_changes_nothing_when_it_comes_back(
    signed_in: Any, organisation: Any, lead: Any
) -> None:
    services.add_vacancy(
        organisation, changed(languages=["urdu"], pets=["small"], is_driver=True, ethnicity="roma"), by=lead
    )
    session.commit()
    for kind in ("csv", "xlsx"):
        content = signed_in.get(f"/organisations/{organisation.id}/vacancies/download?format={kind}").data
        upload(signed_in, organisation, content, f"back.{kind}")
        assert last_import().counts == {"new": 0, "changed": 0, "same": 1, "wrong": 0, "gone": 0}


def test_undoing_names_what_was_changed_since(signed_in: Any, organisation: Any, lead: Any) -> None:
    upload(signed_in, organisation, as_csv_bytes(rows({"Reference": "KF-1"})))
    decide(signed_in, last_import())
    services.edit_fields(known(organisation)["KF-1"], {"bedrooms": 2}, by=lead)
    session.commit()
    refused = decide(signed_in, last_import(), "undo")
    assert refused.status_code == 409
    assert "changed since, so this cannot be undone as a whole: KF-1" in refused.text
    assert last_import().state == ImportState.SAVED


def test_what_nobody_decided_on_is_forgotten_after_a_week(signed_in: Any, organisation: Any) -> None:
    upload(signed_in, organisation, as_csv_bytes(rows({"Reference": "KF-1"})))
    travel(timedelta(days=8))
    with as_worker():
        assert services.clean_up() == 1
    session.commit()
    sent = last_import()
    assert (sent.state, sent.content) == (ImportState.DISCARDED, None)


@pytest.mark.commits
def test_an_import_and_an_edit_at_once_wait_for_one_another_and_lose_nothing(committing: Any) -> None:
    """One connection holds a household's row as an edit does; the import waits, then leaves that row as edited."""
    pricing.load_lists()
    vacancies.districts()
    organisation = providers.organisation()
    lead = accounts.person(Role.PLACEMENTS_LEAD, organisation=organisation)
    acting_as(lead)
    services.add_vacancy(organisation, changed(carer_reference="KF-1"), by=lead)
    content = as_csv_bytes(
        rows({"Reference": "KF-1", "Placed": 2, "Vacancies": 1}, {"Reference": "KF-2"}, {"Reference": "KF-3"})
    )
    sent, _ = importing.start_import(organisation, file_name="list.csv", content=content, by=lead)
    session.commit()
    import_id, lead_id = sent.id, lead.id
    session.remove()

    def save() -> None:
        with transaction(lead_id):
            mine, by = session.get(VacancyImport, import_id), session.get(Person, lead_id)
            assert mine is not None
            assert by is not None
            saving_imports.save_import(mine, only_good=True, by=by)

    with committing.begin() as editing, ThreadPoolExecutor(1) as pool:
        editing.execute(sa.text("SET LOCAL ROLE portal_worker"))
        editing.execute(
            sa.text("UPDATE vacancy SET bedrooms = 4, version = version + 1 WHERE carer_reference = 'KF-1'")
        )
        saving = pool.submit(save)
        with pytest.raises(TimeoutError):
            saving.result(timeout=1)
        editing.commit()
        saving.result(timeout=20)
    with transaction(lead_id):
        found = session.execute(
            sa.text("SELECT carer_reference, placed_now, bedrooms FROM vacancy ORDER BY carer_reference")
        ).all()
        after = session.get(VacancyImport, import_id)
        assert after is not None
        assert after.told == [
            "Somebody changed KF-1 since you looked, so it was left as it is: look at it again."
        ]
    assert [tuple(one) for one in found] == [("KF-1", 1, 4), ("KF-2", 1, None), ("KF-3", 1, None)]
