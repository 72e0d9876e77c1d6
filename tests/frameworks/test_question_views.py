"""The pages on which a question set is put together, previewed and checked."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from typing import Any

import pytest

from portal.accounts.states import Role
from portal.core.db import session
from portal.frameworks import queries, services
from portal.frameworks.models import Question, Round, Section
from portal.frameworks.services import QuestionTerms
from portal.frameworks.states import EvidenceRule, QuestionKind, RoundState, SectionKind
from tests.factories.accounts import person
from tests.factories.frameworks import framework, round_
from tests.factories.providers import organisation
from tests.frameworks.test_views import cost, typed
from tests.support.acting import acting_as
from tests.support.client import PortalClient

K, S = QuestionKind, RoundState


@pytest.fixture
def draft() -> Round:
    return round_(S.DRAFT)


@pytest.fixture
def officer(client: PortalClient) -> Any:
    made = person(Role.COMMISSIONER)
    client.sign_in(made)
    return made


def section(of: Round, kind: SectionKind = SectionKind.QUALITY) -> Section:
    return next(one for one in queries.list_sections(of) if one.kind == kind)


def form_of(**changes: str) -> dict[str, str]:
    given = {"once": str(uuid.uuid4()), "text": "How do you listen to children?", "judged": "neither"}
    lists = dict.fromkeys(("shown_when", "evidence_kind", "minimum_score", "prefilled_from"), "")
    return {**given, **lists, "evidence": "none", "evaluated_by": "either", **changes}


def asked(of: Round, text: str = "How do you listen to children?") -> list[Question]:
    session.expire_all()
    return [one for one in queries.list_questions(of) if one.text == text]


def test_the_set_is_shown_with_its_running_total(client: PortalClient, draft: Round, officer: Any) -> None:
    path = f"/rounds/{draft.id}/questions"
    assert "They add up" in client.get(path).text
    services.remove_question(queries.list_scored_questions(draft)[0], by=officer)
    session.commit()
    page = client.get(path).text
    assert "10 missing" in page
    assert "Nothing else is missing" in page


@pytest.mark.parametrize("kind", [kind for kind in K if kind != K.PRICE_SCHEDULE])
def test_a_question_of_each_kind_is_written_on_screen(
    client: PortalClient, draft: Round, officer: Any, kind: QuestionKind
) -> None:
    of = section(draft, SectionKind.CONDITIONS)
    path = f"/sections/{of.id}/questions/new"
    assert kind.label in client.get(path).text
    assert client.get(f"{path}?kind={kind}").status_code == 200
    choices = {"choices": "One\r\n\r\n  Two \r\n"} if kind.has_choices else {}
    saved = client.post(f"{path}?kind={kind}", data=form_of(is_required="y", **choices))
    assert saved.status_code == 303
    (made,) = asked(draft)
    assert (made.kind, made.is_required) == (kind, True)
    assert made.choices == (["One", "Two"] if kind.has_choices else [])
    assert made.pass_fail is (kind == K.EXCLUSION)
    form = client.get(f"/questions/{made.id}/edit").text
    seen = re.search(r'name="seen"[^>]*value="(\w+)"', form)
    assert seen is not None
    again = client.post(
        f"/questions/{made.id}/edit",
        data=form_of(text="Changed?", seen=seen[1], **choices),
        follow_redirects=True,
    )
    assert f"Question {made.number} saved." in again.text
    assert asked(draft, "Changed?")[0].is_required is False


def test_a_scored_question_with_evidence_and_a_condition(
    client: PortalClient, draft: Round, officer: Any
) -> None:
    awaited = services.add_question(
        section(draft, SectionKind.CONDITIONS), QuestionTerms(K.YES_NO, "Any?"), by=officer
    )
    session.commit()
    client.post(
        f"/sections/{section(draft).id}/questions/new?kind=long_text",
        data=form_of(
            judged="scored",
            weight="7.5",
            minimum_score="2",
            evaluated_by="medway",
            word_limit="250",
            evidence="required",
            evidence_kind="insurance",
            may_be_obtained_on_award="y",
            evaluator_note="Look twice.",
            shown_when=f"{awaited.id}=yes",
        ),
    )
    (made,) = asked(draft)
    assert (made.weight, made.minimum_score, made.evaluated_by, made.word_limit) == (
        Decimal("7.5"),
        2,
        "medway",
        250,
    )
    assert (made.evidence, made.evidence_kind) == (EvidenceRule.REQUIRED, "insurance")
    assert (made.shown_when_question_id, made.shown_when_value) == (awaited.id, "yes")
    page = client.get(f"/rounds/{draft.id}/questions").text
    assert f"Asked only if {awaited.number} is answered “Yes”" in page
    form = client.get(f"/questions/{made.id}/edit").text
    assert 'value="7.5"' in form
    assert "Look twice." in form
    assert "Look twice." in client.get(f"/rounds/{draft.id}/preview/evaluator").text
    assert "Look twice." not in client.get(f"/rounds/{draft.id}/preview?section=5").text
    refused = client.get(f"/questions/{awaited.id}/remove").text
    assert "Other questions wait for this one" in refused


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("long_text", {"text": ""}, "Enter the question."),
        ("long_text", {"word_limit": "lots"}, "Enter a whole number."),
        ("long_text", {"judged": "scored"}, "Enter points above 0"),
        ("long_text", {"judged": "scored", "weight": "NaN"}, "Enter a number, like 60 or 62.5."),
        ("long_text", {"judged": "scored", "weight": "1.234"}, "two decimals at most"),
        ("choice", {"choices": "One"}, "Give at least two choices"),
        ("long_text", {"may_be_obtained_on_award": "y"}, "Ask for a document first."),
        ("long_text", {"shown_when": f"{uuid.uuid4()}=yes"}, "Not a valid choice"),
        ("long_text", {"judged": ""}, "Choose how the answer is judged."),
    ],
)
def test_a_wrong_question_keeps_what_was_typed(
    client: PortalClient, officer: Any, kind: str, changes: dict[str, str], said: str
) -> None:
    draft = round_(S.DRAFT)
    path = f"/sections/{section(draft).id}/questions/new?kind={kind}"
    answer = client.post(path, data=form_of(**{"guidance": "Kept as typed", **changes}))
    assert answer.status_code == 422
    assert said in answer.text
    assert "Kept as typed" in answer.text
    assert asked(draft) == []


def test_a_question_sent_twice_is_one_question(client: PortalClient, draft: Round, officer: Any) -> None:
    path, data = f"/sections/{section(draft).id}/questions/new?kind=long_text", form_of()
    assert client.post(path, data=data).status_code == 303
    assert client.post(path, data=data).status_code == 303
    assert len(asked(draft)) == 1


def test_a_stale_question_is_not_overwritten(client: PortalClient, draft: Round, officer: Any) -> None:
    question = queries.list_questions(draft)[0]
    answer = client.post(f"/questions/{question.id}/edit", data=form_of(seen="0" * 16))
    assert answer.status_code == 409
    assert "How do you listen to children?" in answer.text


def test_the_kind_can_be_changed(client: PortalClient, draft: Round, officer: Any) -> None:
    question = next(one for one in queries.list_questions(draft) if one.weight is not None)
    page = client.get(f"/questions/{question.id}/edit?kind=exclusion").text
    assert "the change is made when you save" in page
    assert client.post(f"/questions/{question.id}/edit?kind=exclusion", data=form_of()).status_code == 303
    session.expire_all()
    assert (question.kind, question.weight, question.pass_fail) == (K.EXCLUSION, None, True)


def test_moving_works_with_and_without_a_script(client: PortalClient, draft: Round, officer: Any) -> None:
    first, second = section(draft).questions[:2]
    moved = client.post(f"/questions/{second.id}/move", data={"up": "2"})
    assert moved.headers["Location"].endswith(f"/questions#question-{second.id}")
    session.expire_all()
    assert (second.number, first.number) == ("5.1", "5.2")
    fragment = client.post(f"/questions/{second.id}/move", data={"down": "1"}, headers={"HX-Request": "true"})
    assert "Question 5.1 is now 5.2." in fragment.text
    assert "<html" not in fragment.text
    assert client.post(f"/questions/{second.id}/move", data={}).status_code == 422
    of = section(draft)
    client.post(f"/sections/{of.id}/move", data={"up": str(of.position)})
    session.expire_all()
    assert of.position == 4


def test_sections_on_screen(client: PortalClient, draft: Round, officer: Any) -> None:
    path = f"/rounds/{draft.id}/sections/new"
    data = {"once": str(uuid.uuid4()), "kind": "quality", "title": "Innovation", "guidance": "Read this."}
    assert client.post(path, data={**data, "kind": ""}).status_code == 422
    second = client.post(path, data={**data, "kind": "price"})
    assert "There is a section of the kind “Price” already." in second.text
    assert client.post(path, data=data).status_code == 303
    assert client.post(path, data=data).status_code == 303
    session.expire_all()
    (made,) = [one for one in queries.list_sections(draft) if one.title == "Innovation"]
    assert "asks nothing" in client.get(f"/rounds/{draft.id}/publish").text
    client.post(f"/sections/{made.id}/edit", data={"kind": "price", "title": "Invention", "guidance": ""})
    session.expire_all()
    assert (made.title, made.kind) == ("Invention", SectionKind.QUALITY)
    assert "It has no questions." in client.get(f"/sections/{made.id}/remove").text
    assert client.post(f"/sections/{made.id}/remove").status_code == 303
    assert client.get(f"/sections/{made.id}/edit").status_code == 404


def test_points_on_one_page(client: PortalClient, draft: Round, officer: Any) -> None:
    first, second = queries.list_scored_questions(draft)[:2]
    path = f"/rounds/{draft.id}/weights"
    everything = {f"weight-{one.id}": str(one.weight) for one in queries.list_scored_questions(draft)}
    wrong = client.post(path, data={**everything, f"weight-{first.id}": "many"})
    assert wrong.status_code == 422
    assert 'value="many"' in wrong.text
    data = {
        **everything,
        f"weight-{first.id}": "12.5",
        f"minimum-{second.id}": "4",
        f"council-{second.id}": "kent",
    }
    assert client.post(path, data=data).status_code == 303
    session.expire_all()
    assert (first.weight, second.minimum_score, second.evaluated_by) == (Decimal("12.5"), 4, "kent")
    assert "too many" in client.get(path).text
    assert "add up to 62.5 points" in client.get(f"/rounds/{draft.id}/publish").text
    assert client.post(f"{path}/scale").status_code == 303
    session.expire_all()
    assert queries.total_questions(draft).weight == 60
    stale = client.post(path, data={**data, "version": "1"})
    assert stale.status_code == 409


@pytest.mark.parametrize("kind", ["empty", "copy"])
def test_a_round_starts_from_another_or_from_nothing(client: PortalClient, officer: Any, kind: str) -> None:
    of = framework()
    source = round_(S.PUBLISHED, framework=of, title="The last one")
    assert "Those of “The last one”, with its price basket" in client.get("/rounds/new").text
    start = str(source.id) if kind == "copy" else "empty"
    made = client.post("/rounds/new", data=typed(start=start))
    round_id = uuid.UUID(made.headers["Location"].rsplit("/", 1)[1])
    copy = queries.get_round(officer, round_id)
    expected = len(queries.list_questions(source)) if kind == "copy" else 0
    assert len(queries.list_questions(copy)) == expected
    page = client.get(f"/rounds/{copy.id}/questions").text
    assert ("This round asks nothing yet." in page) is (kind == "empty")
    assert client.get(f"/rounds/{copy.id}/weights").status_code == 200
    assert client.get(f"/rounds/{copy.id}/preview").status_code == 200
    assert client.get(f"/rounds/{copy.id}/preview/evaluator").status_code == 200
    assert client.post("/rounds/new", data=typed(start=str(uuid.uuid4()))).status_code == 422


def test_everything_that_keeps_a_round_from_publication_is_listed_with_a_way_there(
    client: PortalClient, officer: Any
) -> None:
    made = round_(S.DRAFT, authority_clause="")
    services.set_volumes(made, {}, by=officer, seen_version=None)
    services.remove_question(queries.list_scored_questions(made)[0], by=officer)
    of = section(made, SectionKind.DECLARATION)
    services.edit_section(of, services.SectionTerms(of.kind, of.title, ""), by=officer)
    session.commit()
    page = client.get(f"/rounds/{made.id}/publish").text
    for path in ("edit", "basket", "weights"):
        assert f'href="/rounds/{made.id}/{path}"' in page
    assert f'href="/sections/{of.id}/edit"' in page
    assert client.post(f"/rounds/{made.id}/publish", data={"version": str(made.version)}).status_code == 409


def test_previews_show_every_section(client: PortalClient, draft: Round) -> None:
    client.sign_in(person(Role.EVALUATOR))
    for one in queries.list_sections(draft):
        page = client.get(f"/rounds/{draft.id}/preview?section={one.position}").text
        assert one.title in page
        assert '<button type="submit" class="govuk-button"' not in page
    assert "disabled" in page
    assert "How do you keep children safe?" in client.get(f"/rounds/{draft.id}/preview/evaluator").text


def test_a_published_set_is_read_and_not_edited(client: PortalClient, officer: Any) -> None:
    published = round_(S.PUBLISHED)
    question = queries.list_questions(published)[0]
    page = client.get(f"/rounds/{published.id}/questions").text
    assert "Correct a question" in page
    assert f"/questions/{question.id}/edit" not in page
    for path in (
        f"/questions/{question.id}/edit",
        f"/questions/{question.id}/remove",
        f"/sections/{question.section_id}/edit",
        f"/sections/{question.section_id}/remove",
        f"/sections/{question.section_id}/questions/new",
        f"/rounds/{published.id}/sections/new",
        f"/rounds/{published.id}/weights",
    ):
        answer = client.get(path)
        assert answer.status_code == 403, path
        assert "has been published" in answer.text


def test_nobody_else_edits_and_providers_know_of_no_draft(client: PortalClient, draft: Round) -> None:
    question = queries.list_questions(draft)[0]
    client.sign_in(person(Role.EVALUATOR))
    assert client.get(f"/questions/{question.id}/edit").status_code == 403
    assert client.post(f"/questions/{question.id}/move", data={"down": "1"}).status_code == 403
    client.sign_in(person(Role.BID_WRITER, organisation=organisation()))
    for path in (
        f"/questions/{question.id}/edit",
        f"/rounds/{draft.id}/preview",
        f"/rounds/{draft.id}/questions",
    ):
        assert client.get(path).status_code == 404


def test_the_page_of_the_set_costs_the_same_however_long_it_is(
    client: PortalClient, count_queries: Any, draft: Round, officer: Any
) -> None:
    path = f"/rounds/{draft.id}/questions"
    acting_as(None)
    few = cost(client, count_queries, path)
    awaited = services.add_question(
        section(draft, SectionKind.CONDITIONS), QuestionTerms(K.YES_NO, "Any?"), by=officer
    )
    for _ in range(5):
        terms = QuestionTerms(K.LONG_TEXT, "Why?", shown_when_question_id=awaited.id, shown_when_value="yes")
        services.add_question(section(draft), terms, by=officer)
    session.commit()
    assert cost(client, count_queries, path) == few <= 12
