"""The provider's pages of drafting: every way forward, and nothing typed ever lost."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.applications import queries, services
from portal.applications.models import Answer, Application, Evidence
from portal.core.db import session
from portal.documents.states import DocumentState
from portal.frameworks import queries as frameworks
from portal.frameworks.states import QuestionKind, SectionKind
from portal.providers.states import Standing
from tests.applications.conftest import make_desk
from tests.factories import accounts, applications, files, providers
from tests.factories import frameworks as rounds
from tests.support.acting import acting_as


def section_of(desk, kind):
    return next(one for one in frameworks.list_sections(desk.round_) if one.kind == kind)


def address(desk, kind):
    return f"{desk.address}/sections/{section_of(desk, kind).id}"


def fields(desk, values):
    """What a browser would send for these answers, by question: the field and what was seen of it."""
    answers = queries.list_answers(desk.application)
    sent = {}
    for question, typed in values.items():
        sent[services.answer_field(question)] = typed
        answer = answers.get(question.id)
        sent[f"seen-{question.id}"] = services.answer_seen(answer.value if answer is not None else None)
    return sent


def test_starting_by_a_double_click_makes_one(client):
    round_, organisation = rounds.round_(), providers.organisation()
    client.sign_in(accounts.person(Role.BID_WRITER, organisation=organisation))
    page = client.get(f"/rounds/{round_.id}/apply").get_data(as_text=True)
    assert organisation.name in page
    addresses = {
        client.post(f"/rounds/{round_.id}/apply", data={"organisation_id": str(organisation.id)}).location
        for _ in range(2)
    }
    assert len(addresses) == 1
    assert "continue application" in client.get(f"/rounds/{round_.id}/apply").get_data(as_text=True)


def test_members_are_told_on_the_page(client):
    round_, organisation = rounds.round_(), providers.organisation(standing=Standing.INCUMBENT)
    client.sign_in(accounts.person(Role.BID_WRITER, organisation=organisation))
    page = client.get(f"/rounds/{round_.id}/apply").get_data(as_text=True)
    assert "Members do not need to apply again" in page
    assert "<form method" not in page
    posted = client.post(f"/rounds/{round_.id}/apply", data={"organisation_id": str(organisation.id)})
    assert posted.status_code == 403


def test_somebody_elses_organisation_cannot_be_chosen(client):
    round_ = rounds.round_()
    other = providers.organisation()
    client.sign_in(accounts.person(Role.BID_WRITER, organisation=providers.organisation()))
    assert (
        client.post(f"/rounds/{round_.id}/apply", data={"organisation_id": str(other.id)}).status_code == 422
    )
    assert session.scalars(sa.select(Application)).all() == []


def test_the_task_list_tells_the_truth(client, desk):
    client.sign_in(desk.writer)
    empty = client.get(desk.address).get_data(as_text=True)
    assert "Not started" in empty
    assert "Complete" not in empty
    acting_as(desk.writer)
    desk.save(desk.question(QuestionKind.LONG_TEXT), "Begun")
    session.commit()
    assert "In progress" in client.get(desk.address).get_data(as_text=True)


def test_a_section_is_saved_and_shown_again(client, desk):
    client.sign_in(desk.writer)
    question = desk.question(QuestionKind.SHORT_TEXT)
    page = address(desk, SectionKind.ORGANISATION)
    answer = client.post(page, data=fields(desk, {question: "Larkspur & <Sons>"}))
    assert answer.status_code == 303
    assert "Larkspur &amp; &lt;Sons&gt;" in client.get(page).get_data(as_text=True)
    later = client.post(page, data={**fields(desk, {question: "Again"}), "then": "later"})
    assert later.location == desk.address


def test_a_wrong_answer_is_shown_beside_its_field_and_the_rest_is_saved(client, desk):
    client.sign_in(desk.writer)
    text, number = desk.question(QuestionKind.SHORT_TEXT), desk.question(QuestionKind.NUMBER)
    answer = client.post(
        address(desk, SectionKind.ORGANISATION), data=fields(desk, {text: "Kept", number: "about forty"})
    )
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "Enter a number, such as 42." in page
    assert 'value="about forty"' in page
    assert "Your other answers on this page are saved." in page
    acting_as(desk.writer)
    assert queries.find_answer(desk.application, text).value == "Kept"


def test_too_many_words_are_saved_with_a_warning(client, desk):
    client.sign_in(desk.writer)
    question = next(q for q in section_of(desk, SectionKind.QUALITY).questions if q.word_limit)
    page = address(desk, SectionKind.QUALITY)
    typed = "word " * (question.word_limit + 5)
    answer = client.post(page, data=fields(desk, {question: typed}), follow_redirects=True)
    assert "5 words over its limit" in answer.get_data(as_text=True)
    assert "5 words over the limit" in client.get(f"{desk.address}/check").get_data(as_text=True)


def test_of_two_people_saving_one_answer_the_second_sees_both_and_chooses(client, desk):
    question = desk.question(QuestionKind.SHORT_TEXT)
    page = address(desk, SectionKind.ORGANISATION)
    opened = fields(desk, {question: "The second text"})
    desk.save(question, "The first text")
    session.commit()
    client.sign_in(desk.writer)
    conflict = client.post(page, data=opened)
    assert conflict.status_code == 409
    text = conflict.get_data(as_text=True)
    assert "The first text" in text
    assert 'value="The second text"' in text
    assert stored(desk, question) == "The first text"
    choice = {**fields(desk, {question: "The second text"}), f"keep-{question.id}": "theirs"}
    assert client.post(page, data=choice).status_code == 303
    assert stored(desk, question) == "The first text"
    choice[f"keep-{question.id}"] = "mine"
    assert client.post(page, data=choice).status_code == 303
    assert stored(desk, question) == "The second text"


def test_an_answer_nobody_touched_here_is_no_conflict(client, desk):
    question, other = desk.question(QuestionKind.SHORT_TEXT), desk.question(QuestionKind.SHORT_TEXT, 1)
    opened = fields(desk, {question: "", other: "New"})
    desk.save(question, "A colleague's")
    session.commit()
    client.sign_in(desk.writer)
    assert client.post(address(desk, SectionKind.ORGANISATION), data=opened).status_code == 303
    assert (stored(desk, question), stored(desk, other)) == ("A colleague's", "New")


def stored(desk, question):
    acting_as(desk.writer)
    return session.execute(
        sa.select(Answer.value).where(
            Answer.application_id == desk.application.id, Answer.question_id == question.id
        )
    ).scalar_one()


def test_an_exclusion_asks_for_an_explanation(client, desk):
    client.sign_in(desk.writer)
    question = desk.question(QuestionKind.EXCLUSION)
    page = address(desk, SectionKind.SELECTION)
    assert client.post(page, data=fields(desk, {question: "self_cleaned"})).status_code == 303
    check = client.get(f"{desk.address}/check").get_data(as_text=True)
    assert "say what happened and what was done about it" in check
    acting_as(desk.writer)
    told = fields(desk, {question: "self_cleaned"})
    told[f"{services.answer_field(question)}-explanation"] = "We replaced the director."
    assert client.post(page, data=told).status_code == 303
    assert stored(desk, question) == {"applies": "self_cleaned", "explanation": "We replaced the director."}


@pytest.mark.parametrize("role", [Role.PLACEMENTS_LEAD, Role.FINANCE_LEAD])
def test_other_provider_roles_read_and_cannot_write(client, complete, role):
    client.sign_in(accounts.person(role, organisation=complete.application.organisation))
    page = address(complete, SectionKind.ORGANISATION)
    shown = client.get(page).get_data(as_text=True)
    assert "Larkspur House" in shown
    assert "Save and continue" not in shown
    question = complete.question(QuestionKind.SHORT_TEXT)
    refused = client.post(page, data={services.answer_field(question): "x", f"seen-{question.id}": "1:x"})
    assert refused.status_code == 403
    for path in ("declaration", "submit", "withdraw"):
        assert client.get(f"{complete.address}/{path}").status_code == 403


def test_rule_09_guessed_ids_are_not_found(client, complete):
    question, page = complete.question(QuestionKind.FILE), address(complete, SectionKind.QUALITY)
    evidence = session.scalars(sa.select(Evidence.id)).first()
    base = complete.address
    stranger = make_desk()
    client.sign_in(stranger.writer)
    assert client.get("/applications").get_data(as_text=True).count(stranger.application.reference) == 1
    for path in (
        "",
        "/check",
        "/prices",
        "/prices/standard",
        "/declaration",
        "/submit",
        "/receipt",
        "/withdraw",
    ):
        assert client.get(base + path).status_code == 404, path
    assert client.get(page).status_code == 404
    assert client.post(f"{base}/questions/{question.id}/files").status_code == 404
    assert client.post(f"{base}/evidence/{evidence}/remove").status_code == 404
    # Ids of another's parts inside one's own application.
    assert client.get(f"{stranger.address}{page.removeprefix(base)}").status_code == 404
    assert client.post(f"{stranger.address}/evidence/{evidence}/remove").status_code == 404
    assert client.get(f"{stranger.address}/questions/{question.id}/files").status_code == 404


def upload(client, desk, content, *, name="policy.pdf", script=False):
    question = desk.question(QuestionKind.FILE)
    return client.post(
        f"{desk.address}/questions/{question.id}/files",
        data={f"file-{question.id}": (io.BytesIO(content), name)} if content is not None else {},
        content_type="multipart/form-data",
        headers={"HX-Request": "true"} if script else {},
    )


def test_uploading_without_script(client, desk):
    client.sign_in(desk.writer)
    answer = upload(client, desk, files.pdf(), name="Safeguarding policy.pdf")
    assert answer.status_code == 303
    page = client.get(answer.location).get_data(as_text=True)
    assert "Safeguarding policy.pdf" in page
    assert "Received" in page
    assert "Files are not scanned here" in page


def test_uploading_with_script_answers_the_list(client, desk):
    client.sign_in(desk.writer)
    answer = upload(client, desk, files.pdf(), script=True)
    assert answer.status_code == 200
    assert "policy.pdf" in answer.get_data(as_text=True)
    assert "<html" not in answer.get_data(as_text=True)
    assert "hx-get" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"just words", "cannot take this kind"),
        (files.pdf()[:300], "cut off"),
        (files.pdf(password="quiet otters"), "password"),
        (None, "Choose a file."),
    ],
    ids=["empty", "text", "cut off", "protected", "none"],
)
def test_faulty_files_are_explained_and_leave_nothing(client, desk, files_kept, content, words):
    client.sign_in(desk.writer)
    plain = upload(client, desk, content)
    assert plain.status_code == 422
    assert words in plain.get_data(as_text=True)
    by_script = upload(client, desk, content, script=True)
    assert by_script.status_code == 422
    assert words in by_script.get_json()["message"]
    acting_as(desk.writer)
    assert session.scalars(sa.select(Evidence)).all() == []
    assert not files_kept.files


def test_a_file_is_removed(client, desk):
    client.sign_in(desk.writer)
    upload(client, desk, files.pdf())
    acting_as(desk.writer)
    evidence = session.scalars(sa.select(Evidence.id)).one()
    assert client.post(f"{desk.address}/evidence/{evidence}/remove").status_code == 303
    acting_as(desk.writer)
    assert session.scalars(sa.select(Evidence)).all() == []


def test_the_file_list_says_what_the_scanner_found(client, complete):
    from portal.documents.models import Document
    from tests.support.acting import as_worker

    with as_worker():
        session.execute(sa.update(Document).values(state=DocumentState.INFECTED))
    session.commit()
    client.sign_in(complete.writer)
    question = complete.question(QuestionKind.FILE)
    text = client.get(f"{complete.address}/questions/{question.id}/file-list").get_data(as_text=True)
    assert "malware" in text
    assert "hx-get" not in text


def test_pages_cost_the_same_for_an_empty_and_a_full_application(client, count_queries):
    desks = [make_desk(), make_desk(answered=True)]
    for path in ("", "/check", "/prices"):
        costs = []
        for desk in desks:
            acting_as(desk.writer)
            address = desk.address + path
            client.sign_in(desk.writer)
            client.get(address)  # what a round asks is read once and kept
            with count_queries() as counted:
                assert client.get(address).status_code == 200
            costs.append(counted.number)
        assert costs[1] - costs[0] <= 1, path
        assert costs[1] <= 12, path


def test_the_list_shows_what_is_begun_and_what_is_open(client):
    organisation = providers.organisation()
    writer = accounts.person(Role.BID_WRITER, organisation=organisation)
    rounds.round_(title="Another round")
    made = applications.application("draft", organisation=organisation, by=writer)
    client.sign_in(writer)
    text = client.get("/applications").get_data(as_text=True)
    assert made.reference in text
    assert f"Apply for {organisation.name}" in text
