"""Files of the working copy: several at once, replaced with their history, described, promised, and retried."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.applications import queries, services
from portal.applications.models import Answer, Evidence
from portal.core import clock
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.core.errors import Invalid, Refused, Stale
from portal.documents.models import Document
from portal.documents.states import DocumentState
from portal.frameworks import queries as frameworks
from portal.frameworks.states import EvidenceKind, QuestionKind
from tests.factories import accounts, files
from tests.support.acting import acting_as, as_worker, travel


@pytest.fixture
def question(desk):
    return desk.question(QuestionKind.FILE)


def attach(desk, question, content, *, name="policy.pdf", replacing=None):
    made = services.attach_document(
        desk.application, question, original_name=name, chunks=[content], by=desk.writer, replacing=replacing
    )
    session.commit()
    return made


def standing(desk, question):
    return queries.find_answer(desk.application, question).evidence


def different(number):
    return files.pdf(bytes_of_metadata=10 + number)


def award_question(desk):
    """The default set lets the insurance certificates wait for the award."""
    asked = (one for section in frameworks.list_sections(desk.round_) for one in section.questions)
    return next(one for one in asked if one.may_be_obtained_on_award)


def post_files(client, desk, question, *contents, script=False):
    field = f"file-{question.id}"
    return client.post(
        f"{desk.address}/questions/{question.id}/files",
        data={
            field: [(io.BytesIO(content), f"paper {number}.pdf") for number, content in enumerate(contents)]
        },
        content_type="multipart/form-data",
        headers={"HX-Request": "true"} if script else {},
    )


# Replacing


def test_a_replaced_file_stays_as_history_and_only_the_new_one_stands(desk, question):
    first = attach(desk, question, different(1), name="2025.pdf")
    second = attach(desk, question, different(2), name="2026.pdf", replacing=standing(desk, question)[0])
    third = attach(desk, question, different(3), name="2027.pdf", replacing=standing(desk, question)[0])
    stands = standing(desk, question)
    assert [one.document_id for one in stands] == [third.id]
    history = queries.list_history(desk.application)
    assert [one.document_id for one in history[stands[0].id]] == [first.id, second.id]


def test_two_who_replace_the_same_file_do_not_lose_one(desk, question, files_kept):
    attach(desk, question, different(1))
    stale = standing(desk, question)[0]
    attach(desk, question, different(2), replacing=stale)
    with pytest.raises(Refused, match="replaced or removed"):
        attach(desk, question, different(3), replacing=stale)
    session.rollback()
    assert len(files_kept.files) == 2
    with pytest.raises(Refused, match="replaced or removed"):
        services.remove_document(stale, by=desk.writer)


def test_removing_takes_what_was_never_submitted_with_its_history(desk, question):
    attach(desk, question, different(1))
    attach(desk, question, different(2), replacing=standing(desk, question)[0])
    services.remove_document(standing(desk, question)[0], by=desk.writer)
    session.commit()
    assert session.scalars(sa.select(Evidence)).all() == []
    assert session.scalars(sa.select(Document)).all() == []


def test_replacing_after_submission_leaves_the_submission_whole(complete):
    complete.declare()
    submission = complete.submit()
    session.commit()
    question = complete.question(QuestionKind.FILE)
    before = standing(complete, question)[0]
    attach(complete, question, different(1), replacing=before)
    assert str(before.document_id) in queries.list_file_states(submission)
    services.remove_document(standing(complete, question)[0], by=complete.writer)
    session.commit()
    assert str(before.document_id) in queries.list_file_states(submission)
    assert session.get(Document, before.document_id) is not None


def test_an_edit_of_files_voids_the_declaration(complete):
    complete.declare()
    session.commit()
    question = complete.question(QuestionKind.FILE)
    attach(complete, question, different(1), replacing=standing(complete, question)[0])
    assert complete.application.declared_at is None


# What a file is


def describe(desk, evidence, kind=EvidenceKind.INSURANCE, issued=None, expires=None, **more):
    services.describe_document(
        evidence, kind=kind, issued_on=issued, expires_on=expires, by=desk.writer, **more
    )
    session.commit()


def test_kind_and_dates_are_kept_and_audited_without_words(desk, question):
    document = attach(desk, question, files.pdf())
    today = clock.today()
    describe(desk, standing(desk, question)[0], issued=today, expires=today + timedelta(days=365))
    found = session.get(Document, document.id)
    assert (found.evidence_kind, found.issued_on) == (EvidenceKind.INSURANCE, today)
    assert found.expires_on == today + timedelta(days=365)
    with as_worker():
        event = session.scalars(
            sa.select(AuditEvent).where(AuditEvent.verb == "application.file_described")
        ).one()
    assert event.details == {"document": str(document.id)}
    assert event.sealed_round_id == desk.round_.id


@pytest.mark.parametrize(
    ("issued", "expires", "field"),
    [(date(2999, 1, 1), None, "issued_on"), (date(2026, 1, 2), date(2026, 1, 1), "expires_on")],
)
def test_dates_that_cannot_be(desk, question, issued, expires, field):
    attach(desk, question, files.pdf())
    with pytest.raises(Invalid) as refused:
        describe(desk, standing(desk, question)[0], issued=issued, expires=expires)
    assert refused.value.field == field


def test_a_kind_that_does_not_run_out_keeps_no_expiry_date(desk, question):
    document = attach(desk, question, files.pdf())
    describe(desk, standing(desk, question)[0], EvidenceKind.ACCOUNTS, expires=date(2020, 1, 1))
    assert session.get(Document, document.id).expires_on is None


def test_two_who_describe_the_same_file(desk, question):
    attach(desk, question, files.pdf())
    with pytest.raises(Stale):
        describe(desk, standing(desk, question)[0], seen_version=99)


def test_rule_02_what_a_file_says_of_itself_does_not_change_after_the_deadline(desk, question):
    attach(desk, question, files.pdf())
    evidence = standing(desk, question)[0]
    travel(timedelta(days=60))
    acting_as(desk.writer)
    with pytest.raises(services.DeadlinePassed):
        describe(desk, evidence)
    session.rollback()
    # Nor past the services.
    for column, value in (("issued_on", date(2026, 1, 1)), ("expires_on", date(2026, 1, 1))):
        with pytest.raises(sa.exc.IntegrityError, match="deadline"), session.begin_nested():
            session.execute(sa.update(Document).values({column: value}))


def test_rule_02_the_content_of_a_file_never_changes(desk, question):
    attach(desk, question, files.pdf())
    for column, value in (("sha256", "0" * 64), ("stored_name", "other"), ("original_name", "other")):
        with pytest.raises(sa.exc.IntegrityError, match="never changes"), session.begin_nested():
            session.execute(sa.update(Document).values({column: value}))


# Obtained on award


def test_a_document_may_be_promised_only_where_the_question_says_so(desk):
    question = desk.question(QuestionKind.FILE, 1)
    assert not question.may_be_obtained_on_award
    with pytest.raises(Refused, match="needed now"):
        services.promise_on_award(desk.application, question, True, by=desk.writer)
    session.rollback()
    question = award_question(desk)
    services.promise_on_award(desk.application, question, True, by=desk.writer)
    session.commit()
    assert queries.find_answer(desk.application, question).obtained_on_award
    attach(desk, question, files.pdf())
    assert not queries.find_answer(desk.application, question).obtained_on_award
    with pytest.raises(Refused, match="Remove it"):
        services.promise_on_award(desk.application, question, True, by=desk.writer)


def test_promising_on_the_page(client, desk):
    question = award_question(desk)
    client.sign_in(desk.writer)
    address = f"{desk.address}/questions/{question.id}"
    assert "We will obtain this on award" in client.get(f"{address}/files").get_data(as_text=True)
    for promised, words in (("yes", "We have it now after all"), ("", "We will obtain this on award")):
        for _ in range(2):  # twice is once
            answer = client.post(f"{address}/obtained-on-award", data={"promised": promised})
            assert answer.status_code == 303
        assert words in client.get(f"{address}/files").get_data(as_text=True)


# On the page


def test_several_at_once_without_script_stand_or_fall_one_by_one(client, desk, question):
    client.sign_in(desk.writer)
    answer = post_files(client, desk, question, files.pdf(), b"just words", files.png(), b"")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "2 files received." in text
    assert "paper 1.pdf: We cannot take this kind of file" in text
    assert "paper 3.pdf: The file is empty" in text
    acting_as(desk.writer)
    names = [one.document.original_name for one in standing(desk, question)]
    assert names == ["paper 0.pdf", "paper 2.pdf"]


def test_a_second_press_or_a_retry_counts_once(client, desk, question):
    client.sign_in(desk.writer)
    content = files.pdf()
    for _ in range(2):
        assert post_files(client, desk, question, content).status_code == 303
        assert post_files(client, desk, question, content, script=True).status_code == 200
    acting_as(desk.writer)
    assert len(session.scalars(sa.select(Document)).all()) == 1


def test_the_same_content_under_another_name_is_not_passed_over_in_silence(client, desk, question):
    client.sign_in(desk.writer)
    assert post_files(client, desk, question, files.pdf()).status_code == 303
    answer = post_files(client, desk, question, different(1), files.pdf(), script=True)
    assert answer.status_code == 422
    assert "paper 1.pdf is the same as a file that is here already" in answer.json["message"]


def test_a_file_is_replaced_on_its_page(client, desk, question):
    client.sign_in(desk.writer)
    post_files(client, desk, question, different(1))
    acting_as(desk.writer)
    address = f"{desk.address}/evidence/{standing(desk, question)[0].id}/replace"
    assert client.get(address).status_code == 200
    assert client.post(address).status_code == 422
    bad = client.post(address, data={"file": (io.BytesIO(b"words"), "a.pdf")})
    assert "cannot take this kind" in bad.get_data(as_text=True)
    good = client.post(
        address,
        data={"file": (io.BytesIO(different(2)), "new.pdf")},
        headers={"HX-Request": "true"},
    )
    assert good.headers["HX-Redirect"].startswith(desk.address)
    text = client.get(f"{desk.address}/questions/{question.id}/files").get_data(as_text=True)
    assert "new.pdf" in text
    assert "1 earlier version" in text
    assert client.get(address).status_code == 409


def test_details_are_given_on_their_page(client, desk, question):
    client.sign_in(desk.writer)
    post_files(client, desk, question, files.pdf())
    acting_as(desk.writer)
    evidence = standing(desk, question)[0]
    address = f"{desk.address}/evidence/{evidence.id}/details"
    assert client.get(address).status_code == 200
    wrong = client.post(address, data={"evidence_kind": "insurance", "issued_on": "31/31/2026"})
    assert wrong.status_code == 422
    assert "Enter a real date" in wrong.get_data(as_text=True)
    assert "31/31/2026" in wrong.get_data(as_text=True)
    typed = {
        "evidence_kind": "insurance",
        "issued_on": "2025-01-31",
        "expires_on": "2025-02-28",
        "version": str(evidence.document.version),
    }
    assert client.post(address, data=typed).status_code == 303
    text = client.get(f"{desk.address}/questions/{question.id}/files").get_data(as_text=True)
    assert "Insurance certificate, issued 31 January 2025, expires 28 February 2025" in text
    assert "This has expired" in text
    assert client.post(address, data=typed).status_code == 409


def test_rule_09_nobody_else_touches_a_file(client, desk, question):
    attach(desk, question, files.pdf())
    address = f"{desk.address}/evidence/{standing(desk, question)[0].id}"
    reader = accounts.person(Role.FINANCE_LEAD, organisation=desk.application.organisation)
    client.sign_in(reader)
    for path in ("replace", "details", "remove"):
        assert client.post(f"{address}/{path}").status_code == 403
    client.sign_in(accounts.person(Role.COMMISSIONER))
    for path in ("replace", "details"):
        assert client.get(f"{address}/{path}").status_code == 404


def test_while_the_scanner_is_slow_the_page_asks_seldom_and_says_so(client, desk, question):
    attach(desk, question, files.pdf())
    client.sign_in(desk.writer)
    address = f"{desk.address}/questions/{question.id}/file-list"
    assert "delay:3s" in client.get(address).get_data(as_text=True)
    travel(timedelta(minutes=5))
    text = client.get(address).get_data(as_text=True)
    assert "delay:20s" in text
    assert "you can submit meanwhile" in text
    with as_worker():
        session.execute(sa.update(Document).values(state=DocumentState.CLEAN))
    session.commit()
    assert "hx-get" not in client.get(address).get_data(as_text=True)


def test_rule_02_nothing_of_a_file_changes_after_the_deadline(client, desk, question):
    attach(desk, question, files.pdf())
    evidence = standing(desk, question)[0]
    client.sign_in(desk.writer)
    travel(timedelta(days=60))
    assert post_files(client, desk, question, different(1)).status_code == 409
    assert client.post(f"{desk.address}/evidence/{evidence.id}/remove").status_code == 409
    answer = client.post(
        f"{desk.address}/questions/{question.id}/obtained-on-award", data={"promised": "yes"}
    )
    assert answer.status_code == 409
    text = client.get(f"{desk.address}/questions/{question.id}/files").get_data(as_text=True)
    assert "Upload a file" not in text
    acting_as(desk.writer)
    assert session.scalars(sa.select(Answer.obtained_on_award)).all() == [False]


def test_kinds_and_dates_of_several_files_are_saved_together_or_not_at_all(
    client, desk, question, files_kept
):
    for number in range(2):
        attach(desk, question, different(number), name=f"paper {number}.pdf")
    first, second = standing(desk, question)
    ids, versions = [first.id, second.id], [first.document.version, second.document.version]
    client.sign_in(desk.writer)
    path = f"{desk.address}/sections/{question.section_id}/file-details"
    shown = client.get(path).get_data(as_text=True)
    assert "paper 0.pdf" in shown
    assert "paper 1.pdf" in shown
    tomorrow = clock.today() + timedelta(days=1)

    def sent(issued, expires="", *, kind):
        facts = {}
        for one, version, day in zip(ids, versions, issued, strict=True):
            facts |= {
                f"evidence_kind-{one}": kind,
                f"version-{one}": version,
                f"issued_on-{one}": day,
                f"expires_on-{one}": expires,
            }
        return facts

    def dates():
        acting_as(desk.writer)
        session.expire_all()
        return [(one.document.issued_on, one.document.expires_on) for one in standing(desk, question)]

    kind = EvidenceKind.INSURANCE.value
    wrong = client.post(path, data=sent(["2026-02-03", tomorrow.isoformat()], kind=kind))
    text = wrong.get_data(as_text=True)
    assert wrong.status_code == 422
    assert f'href="#issued_on-{ids[1]}">paper 1.pdf: The issue date cannot be in the future' in text
    assert 'value="2026-02-03"' in text
    assert dates() == [(None, None)] * 2
    mistyped = client.post(path, data=sent(["2026-02-03", "3 Feb"], kind=kind))
    assert "paper 1.pdf: Enter a real date" in mistyped.get_data(as_text=True)
    right = client.post(path, data=sent(["2026-02-03", "2026-02-04"], "2027-02-04", kind=kind))
    assert right.status_code == 303
    assert dates() == [(date(2026, 2, 3), date(2027, 2, 4)), (date(2026, 2, 4), date(2027, 2, 4))]
    stale = client.post(path, data=sent(["2026-02-05", "2026-02-04"], "2027-02-04", kind=kind))
    assert stale.status_code == 422
    assert "Someone changed this since you opened the page" in stale.get_data(as_text=True)
    assert dates()[0][0] == date(2026, 2, 3)
