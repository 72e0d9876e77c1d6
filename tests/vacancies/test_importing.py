"""A provider's spreadsheet from upload to saved, discarded or taken back, through its pages."""

from __future__ import annotations

import io
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.core.db import session
from portal.vacancies import services
from portal.vacancies.models import Vacancy, VacancyChange, VacancyImport
from portal.vacancies.states import ImportState, VacancyState
from tests.factories import accounts, pricing, providers, vacancies
from tests.vacancies.corpus import GOOD, as_xlsx
from tests.vacancies.test_services import changed


@pytest.fixture
def organisation() -> Any:
    pricing.load_lists()
    vacancies.districts()
    return providers.organisation()


@pytest.fixture
def lead(organisation: Any) -> Any:
    return accounts.person(Role.PLACEMENTS_LEAD, organisation=organisation)


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
