"""The edge of a request: what each kind of refusal looks like, and that no page hides what was typed."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError

from portal.accounts.states import Role
from portal.core import errors
from portal.core.access import ALLOWED, access, public
from portal.core.db import session
from portal.core.web import done, typed
from tests.factories import accounts

TYPED = {"reasons": "Strong evidence of matching.", "password": "seventeen green kites", "version": "4"}
FAULT = "psycopg says no"


def fail(error):
    def view():
        raise error

    return public(view)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotFound(), 404),
        (errors.NotAllowed("Only an approver may decide."), 403),
        (errors.Refused("This round is closed."), 409),
        (errors.Stale(), 409),
        (errors.Invalid("The fee must be above zero."), 422),
        (errors.Throttled("Too many tries."), 429),
        (StaleDataError("rows"), 409),
    ],
)
def test_each_refusal_is_a_page_with_its_reason(client, add_page, error, status):
    add_page("/fail", fail(error))
    answer = client.post("/fail", data=TYPED)
    assert answer.status_code == status
    reason = "Someone changed this" if isinstance(error, StaleDataError) else error.message
    assert reason in answer.text


@pytest.mark.parametrize("error", [errors.Stale(), errors.Refused("Closed."), errors.Invalid("Not so.")])
def test_what_was_typed_is_shown_back_but_never_a_password(client, add_page, error):
    add_page("/fail", fail(error))
    text = client.post("/fail", data=TYPED).text
    assert "Strong evidence of matching." in text
    assert "seventeen green kites" not in text
    assert "csrf" not in text.lower()


def test_an_expired_token_keeps_what_was_typed(client, add_page):
    add_page("/save", public(lambda: "saved"))
    answer = client.post("/save", data=TYPED, csrf=False)
    assert answer.status_code == 400
    assert "Strong evidence of matching." in answer.text


def test_no_such_page(client):
    assert client.get("/no/such/page").status_code == 404


def test_a_button_opened_as_a_page(client, add_page):
    add_page("/press", public(lambda: "pressed"), methods=("POST",))
    assert client.get("/press").status_code == 405


def test_too_large_a_body(client, add_page):
    add_page("/upload", public(lambda: "taken"))
    answer = client.post("/upload", data={"file": "x" * (2 * 1024 * 1024)})
    assert answer.status_code == 413


@pytest.fixture
def faulty(core_app, client, add_page):
    """A client of a portal whose faults become pages, as outside tests."""
    core_app.config["PROPAGATE_EXCEPTIONS"] = False
    return client


def test_a_fault_says_sorry_and_nothing_about_itself(faulty, add_page, caplog):
    add_page("/fault", fail(RuntimeError(FAULT)))
    answer = faulty.get("/fault")
    assert answer.status_code == 500
    assert FAULT not in answer.text
    assert FAULT in caplog.text
    assert "01234 567 890" in answer.text


@pytest.mark.parametrize("error", [RuntimeError(FAULT), OperationalError("SELECT 1", {}, Exception(FAULT))])
def test_the_page_of_a_fault_needs_no_database(faulty, core_app, add_page, error):
    @core_app.context_processor
    def ask():
        raise AssertionError("the page asked the database")

    add_page("/fault", fail(error))
    answer = faulty.get("/fault")
    assert answer.status_code in {500, 503}
    assert "<h1" in answer.text


def test_rule_01_the_log_keeps_where_a_row_broke_and_not_what_was_in_it(faulty, add_page, caplog):
    row = "Failing row contains (Quiet Larkspur Fostering)."
    add_page("/fault", fail(IntegrityError("INSERT", {"name": row}, Exception(row))))
    assert faulty.post("/fault", data=TYPED).status_code == 500
    assert "/fault" in caplog.text
    assert "Quiet Larkspur" not in caplog.text


def test_a_database_away_answers_503(faulty, add_page):
    add_page("/fault", fail(OperationalError("SELECT 1", {}, Exception(FAULT))))
    answer = faulty.post("/fault", data=TYPED)
    assert answer.status_code == 503
    assert FAULT not in answer.text


def test_an_error_takes_the_whole_page_from_htmx(client, add_page):
    add_page("/fail", fail(errors.Refused("Closed.")))
    answer = client.post("/fail", headers={"HX-Request": "true"})
    assert answer.headers["HX-Retarget"] == "body"
    assert answer.headers["HX-Reswap"] == "innerHTML"


def test_done_says_so_on_the_next_page(client, add_page):
    add_page("/save", public(lambda: done("Saved.", "/list")))
    answer = client.post("/save")
    assert (answer.status_code, answer.location) == (303, "/list")
    with client.session_transaction() as kept:
        assert kept["_flashes"] == [("success", "Saved.")]


def test_typed_names_are_readable(core_app):
    with core_app.test_request_context(method="POST", data={"decision-reasons": "Because.", "empty": ""}):
        assert typed() == [("Decision reasons", "Because.")]


def test_a_signed_in_page_is_kept_by_nobody(client, add_page):
    add_page("/inside", access(lambda person: ALLOWED)(lambda: "inside"))
    client.sign_in(accounts.person(Role.AUDITOR))
    answer = client.get("/inside")
    assert answer.headers["Cache-Control"] == "no-store"


def test_every_answer_carries_the_policy(client, add_page):
    add_page("/open", public(lambda: "open"))
    for path in ("/open", "/nowhere"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy


def test_the_database_session_ends_with_the_request(client, add_page):
    add_page("/ask", public(lambda: str(session.connection() is not None)))
    client.get("/ask")
    assert not session.registry.has()
