"""Starting from an earlier application: what is copied, what is left, and that each answer is checked again."""

from __future__ import annotations

import uuid
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.applications import queries, services
from portal.applications.models import Application, Evidence
from portal.core import clock
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed
from portal.documents.models import Document
from portal.documents.states import DocumentState
from portal.frameworks import queries as frameworks
from portal.frameworks.models import Question
from portal.frameworks.states import QuestionKind
from tests.factories import accounts, applications, documents, providers
from tests.factories import frameworks as rounds
from tests.support.acting import acting_as, as_worker

K = QuestionKind
LONG = "Our matching panel meets each Tuesday."


class Again:
    """An organisation that applied in a round long opened, and begins in another."""

    def __init__(self) -> None:
        self.organisation = providers.organisation()
        self.writer = accounts.person(Role.BID_WRITER, organisation=self.organisation)
        earlier = applications.application(
            "admitted",
            round_=rounds.round_("concluded"),
            organisation=self.organisation,
            by=self.writer,
            answers={"5.1": LONG},
        )
        self.round_ = rounds.round_()
        acting_as(self.writer)
        session.expire_all()
        self.earlier = queries.get_application(self.writer, earlier.id)
        self.application = services.start_application(self.round_, self.organisation, by=self.writer)
        session.commit()

    def carry(self) -> int:
        count = services.carry_over(self.application, self.earlier, by=self.writer)
        session.commit()
        return count

    def question(self, number: str) -> Any:
        return next(
            question
            for section in frameworks.list_sections(self.round_)
            for question in section.questions
            if question.number == number
        )

    def answer(self, number: str) -> Any:
        return queries.find_answer(self.application, self.question(number))


def test_answers_and_files_come_along_and_are_to_be_checked() -> None:
    again = Again()
    assert again.carry() > 20
    answer = again.answer("5.1")
    assert (answer.value, answer.carried_from) == (LONG, again.earlier.reference)
    assert documents_of(again.application) == documents_of(again.earlier) != set()
    gaps = queries.list_gaps(again.application)
    carried = [
        gap for gap in gaps if gap.problem == f"Check this: carried over from {again.earlier.reference}"
    ]
    assert len(carried) > 20
    assert all(gap.is_check for gap in carried)


def test_what_the_registration_said_stays_and_nothing_is_copied_twice() -> None:
    again = Again()
    before = again.answer("1.1").value
    again.carry()
    assert again.answer("1.1").value == before
    assert again.answer("1.1").carried_from is None
    assert again.carry() == 0


def test_a_carried_answer_is_checked_by_saving_it_or_by_saying_that_it_holds() -> None:
    again = Again()
    again.carry()
    services.save_answer(again.application, again.question("5.1"), "Rewritten", by=again.writer)
    services.confirm_answer(again.application, again.question("5.2"), by=again.writer)
    session.commit()
    assert again.answer("5.1").carried_from is None
    assert again.answer("5.2").carried_from is None


def test_files_that_are_not_clean_are_left_behind() -> None:
    again = Again()
    with as_worker():
        infected, *others = session.scalars(sa.select(Document.id)).all()
        change = sa.update(Document).where(Document.id == infected)
        session.execute(change.values(state=DocumentState.INFECTED))
    session.commit()
    acting_as(again.writer)
    again.carry()
    assert documents_of(again.application) == set(others)


def test_files_that_have_expired_are_left_behind() -> None:
    again = Again()
    before = len(session.scalars(sa.select(Document.id)).all())
    again.round_ = rounds.round_()
    expired = documents.document(
        again.organisation, by=again.writer, expires_on=clock.today() - timedelta(days=1)
    )
    answer = next(one for one in queries.list_answers(again.earlier).values() if one.evidence)
    with applications.deadline_moved(again.earlier):
        session.add(Evidence(answer_id=answer.id, document_id=expired.id))
    session.commit()
    acting_as(again.writer)
    again.carry()
    assert expired.id not in documents_of(again.application)
    assert len(documents_of(again.application)) == before


def documents_of(application: Application) -> set[Any]:
    return {
        one.document_id for answer in queries.list_answers(application).values() for one in answer.evidence
    }


def test_questions_are_paired_by_their_words_and_then_by_their_number() -> None:
    def question(number: str, text: str, kind: QuestionKind = K.LONG_TEXT) -> Question:
        return Question(id=uuid.uuid4(), number=number, text=text, kind=kind)

    now = [question("5.1", "How do you match?"), question("5.2", "Same words"), question("5.3", "New")]
    before = [
        question("4.9", "how do  you match"),
        question("7.1", "Same words"),
        question("5.2", "Same words"),
        question("5.3", "New", K.SHORT_TEXT),
    ]
    assert queries.pair_questions(now, before) == {now[0].id: before[0].id, now[1].id: before[2].id}


def test_a_shared_file_removed_here_stays_with_the_earlier_application() -> None:
    again = Again()
    again.carry()
    evidence = next(one for a in queries.list_answers(again.application).values() for one in a.evidence)
    document_id = evidence.document_id
    services.remove_document(queries.get_evidence(again.application, evidence.id), by=again.writer)
    session.commit()
    assert session.get(Document, document_id) is not None


def test_rule_09_another_organisations_application_is_no_source() -> None:
    again = Again()
    other = applications.application("submitted", round_=rounds.round_())
    acting_as(again.writer)
    with pytest.raises(NotAllowed):
        services.carry_over(again.application, other, by=again.writer)
    with pytest.raises(Invalid):
        services.carry_over(again.application, again.application, by=again.writer)


def test_starting_offers_the_earlier_answers_and_copies_what_was_chosen(client: Any) -> None:
    organisation = providers.organisation()
    writer: Person = accounts.person(Role.BID_WRITER, organisation=organisation)
    earlier = applications.application(
        "declined", round_=rounds.round_("concluded"), organisation=organisation, by=writer
    )
    round_ = rounds.round_()
    client.sign_in(writer)
    started = client.post(f"/rounds/{round_.id}/apply", data={"organisation_id": str(organisation.id)})
    assert started.location.endswith("/carry-over")
    page = client.get(started.location).get_data(as_text=True)
    assert earlier.reference in page
    assert client.post(started.location, data={"earlier": "made-up"}).status_code == 422
    copied = client.post(started.location, data={"earlier": str(earlier.id)}, follow_redirects=True)
    text = copied.get_data(as_text=True)
    assert f"carried over from {earlier.reference}" in text
    assert "Check this" in text
    application_id = started.location.split("/")[2]
    section = next(one for one in frameworks.list_sections(round_) if one.kind.value == "quality")
    address = f"/applications/{application_id}/sections/{section.id}"
    shown = client.get(address).get_data(as_text=True)
    assert f"Check this: carried over from {earlier.reference}." in shown
    one = section.questions[0]
    answer = client.post(address, data={"then": f"checked:{one.id}"})
    assert answer.location.endswith(f"#question-{one.id}")
    left = client.get(address).get_data(as_text=True).count("This answer still holds")
    assert left == shown.count("This answer still holds") - 1
    client.post(address, data={"then": "checked:all"})
    assert "This answer still holds" not in client.get(address).get_data(as_text=True)


def test_files_that_were_carried_over_are_confirmed_with_one_press(client: Any) -> None:
    again = Again()
    again.carry()
    client.sign_in(again.writer)
    sections = frameworks.list_sections(again.round_)
    files, following = next(
        (one, after) for one, after in pairwise(sections) if all(q.kind == K.FILE for q in one.questions)
    )
    address = f"/applications/{again.application.id}/sections/{files.id}"
    shown = client.get(address).get_data(as_text=True)
    assert shown.count("This answer still holds") > 1
    assert "All answers to check on this page still hold" in shown
    answer = client.post(address, data={"then": "checked:all"})
    assert answer.location.endswith(f"/sections/{following.id}")
    left = client.get(address).get_data(as_text=True)
    assert "still hold" not in left


def test_an_organisation_without_a_past_goes_straight_to_its_task_list(client: Any) -> None:
    round_, organisation = rounds.round_(), providers.organisation()
    client.sign_in(accounts.person(Role.BID_WRITER, organisation=organisation))
    started = client.post(f"/rounds/{round_.id}/apply", data={"organisation_id": str(organisation.id)})
    assert "carry-over" not in started.location
    page = client.get(f"{started.location}/carry-over")
    assert "There is no earlier application" in page.get_data(as_text=True)
    assert session.scalars(sa.select(Application.state)).all() == ["draft"]
