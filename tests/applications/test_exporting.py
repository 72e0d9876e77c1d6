"""The whole application on one page and as a Word file: complete, readable, and without writing anything."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from docx import Document

from portal.accounts.states import Role
from portal.core.db import session
from portal.frameworks import queries as frameworks
from portal.frameworks.states import QuestionKind
from tests.applications.conftest import Desk, make_desk
from tests.factories import accounts
from tests.factories import frameworks as rounds


def test_the_print_view_has_every_answer_price_and_file(client: Any, complete: Desk) -> None:
    sections = frameworks.list_sections(complete.round_)
    client.sign_in(complete.writer)
    text = client.get(f"{complete.address}/print").get_data(as_text=True)
    for section in sections:
        if section.questions:
            assert section.title in text
    assert "Larkspur House" in text
    assert "£750.00" in text
    assert "evidence for" in text
    assert "The declaration is not signed." in text


def test_the_word_file_has_headings_guidance_limits_answers_prices_and_files(
    client: Any, complete: Desk
) -> None:
    question = complete.question(QuestionKind.LONG_TEXT)
    complete.save(question, "First part.\n\nSecond part.")
    session.commit()
    reference = complete.application.reference
    client.sign_in(complete.writer)
    answer = client.get(f"{complete.address}/word")
    assert answer.mimetype.endswith("wordprocessingml.document")
    assert f'filename="{reference}.docx"' in answer.headers["Content-Disposition"]
    document = Document(BytesIO(answer.data))
    said = [paragraph.text for paragraph in document.paragraphs]
    assert {"First part.", "Second part."} <= set(said)
    headings = [one.text for one in document.paragraphs if one.style.name.startswith("Heading")]
    assert f"{question.number} {question.text}" in " ".join(headings)
    assert any("Up to" in one and "words" in one for one in said)
    assert any(one.startswith("evidence for") for one in said)
    assert any(
        "£750.00" in cell.text for table in document.tables for row in table.rows for cell in row.cells
    )
    assert reference in document.core_properties.title
    assert document.core_properties.language == "en-GB"


def test_a_draft_is_exported_after_the_deadline_too(client: Any) -> None:
    desk = make_desk(answered=True)
    address = desk.address
    rounds.move_to(desk.round_, "opened")
    client.sign_in(desk.writer)
    for page in ("print", "word"):
        assert client.get(f"{address}/{page}").status_code == 200


def test_colleagues_who_cannot_write_can_read_both_and_nobody_else(client: Any, complete: Desk) -> None:
    address = complete.address
    reader = accounts.person(Role.FINANCE_LEAD, organisation=complete.application.organisation)
    strangers = [make_desk().writer, accounts.person(Role.COMMISSIONER), accounts.person(Role.AUDITOR)]
    for page in ("print", "word"):
        client.sign_in(reader)
        assert client.get(f"{address}/{page}").status_code == 200
        for stranger in strangers:
            client.sign_in(stranger)
            assert client.get(f"{address}/{page}").status_code == 404
