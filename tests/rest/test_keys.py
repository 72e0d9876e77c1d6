"""Keys: shown once, kept as a hash, acting as their maker may act now, revoked, expired, counted by the minute."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.accounts.services import change_roles
from portal.accounts.states import Role
from portal.core.audit import AuditEvent
from portal.core.db import session
from portal.core.errors import Invalid, NotAllowed
from portal.core.rest.replies import forget_old_replies
from portal.keys.models import ApiKey
from portal.keys.services import make_key, remind_expiring, revoke_key
from portal.keys.services.secrets import hash_of, is_whole, new_secret
from portal.keys.states import Scope
from portal.notifications.models import Notification
from tests.factories import accounts, providers
from tests.factories.keys import Machine, household
from tests.support.acting import acting_as, as_worker, travel

WRITES = {"name": "Case management", "scopes": ["vacancies:read", "vacancies:write"], "days": "90"}


def test_a_key_is_made_on_a_page_shown_once_and_kept_only_as_a_hash(client):
    organisation = providers.organisation()
    lead = accounts.person(Role.PLACEMENTS_LEAD, organisation=organisation)
    client.sign_in(lead)
    path = f"/organisations/{organisation.id}/keys"
    form = client.get(f"{path}/make").get_data(as_text=True)
    once = re.search(r'name="once"[^>]*value="([^"]+)"', form).group(1)
    made = client.post(f"{path}/make", data={**WRITES, "once": once})
    secret = re.search(r"kmf_\w{49}", made.get_data(as_text=True)).group()
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    key = session.scalars(sa.select(ApiKey)).one()
    assert key.secret_hash == hash_of(secret)
    assert key.scopes == WRITES["scopes"]
    assert client.post(f"{path}/make", data={**WRITES, "once": once}).status_code == 303
    assert session.scalars(sa.select(sa.func.count()).select_from(ApiKey)).one() == 1

    shown = client.get(path).get_data(as_text=True)
    assert secret not in shown
    assert "Never" in shown
    assert client.get("/api/v1/vacancies", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    assert "Never" not in client.get(path).get_data(as_text=True)
    assert client.post(f"{path}/{key.id}/revoke").status_code == 303
    assert client.get("/api/v1/vacancies", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    verbs = session.scalars(sa.select(AuditEvent.verb).where(AuditEvent.subject_id == key.id)).all()
    assert set(verbs) == {"api_key.made", "api_key.revoked"}


def test_a_form_that_is_wrong_goes_back_with_what_was_typed(client):
    organisation = providers.organisation()
    client.sign_in(accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=organisation))
    path = f"/organisations/{organisation.id}/keys/make"
    answer = client.post(path, data={"name": "Our system", "scopes": ["vacancies:write"], "days": "9"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="Our system"' in text
    # An administrator changes no vacancies, so no key of theirs would.
    assert 'value="vacancies:write"' not in text
    assert "Choose how long the key lasts" in text
    allowed = client.post(path, data={"name": "Our system", "scopes": ["vacancies:write"], "days": "90"})
    assert "of what you may do yourself" in allowed.get_data(as_text=True)


def test_nobody_makes_a_key_for_what_they_may_not_do_themselves(client):
    organisation = providers.organisation()
    administrator = accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=organisation)
    writer = accounts.person(Role.BID_WRITER, organisation=organisation)
    with pytest.raises(Invalid, match="of what you may do yourself"):
        make_key(organisation, name="x", scopes=[Scope.OFFERS_WRITE], days=9, by=administrator)
    with pytest.raises(NotAllowed):
        make_key(organisation, name="x", scopes=[Scope.PRICES_READ], days=9, by=writer)
    system = Machine(organisation=organisation)
    client.sign_in(writer)
    assert client.get(f"/organisations/{organisation.id}/keys").status_code == 403
    client.sign_in(accounts.person(Role.PLACEMENTS_LEAD, organisation=providers.organisation()))
    assert client.post(f"/organisations/{organisation.id}/keys/{system.key.id}/revoke").status_code == 404


def test_the_database_lets_nobody_make_a_key_for_another_or_bring_one_back():
    system = Machine()
    acting_as(accounts.person(Role.PLACEMENTS_LEAD, organisation=system.organisation))
    copied = {
        "organisation_id": system.organisation.id,
        "person_id": system.lead.id,
        "scopes": ["prices:read"],
    }
    forged = ApiKey(
        **copied, name="x", starts_with="kmf_", secret_hash=b"x", expires_at=system.key.expires_at
    )
    session.add(forged)
    with pytest.raises(sa.exc.ProgrammingError, match="row-level security"):
        session.flush()
    session.rollback()
    acting_as(system.lead)
    revoke_key(system.key, by=system.lead)
    session.commit()
    for change in ({"revoked_at": None, "revoked_by_id": None}, {"scopes": ["offers:write"]}):
        with pytest.raises(sa.exc.DBAPIError):
            session.execute(sa.update(ApiKey).where(ApiKey.id == system.key.id).values(**change))
        session.rollback()


def test_a_key_is_refused_once_revoked_expired_or_without_its_makers_role(client):
    revoked, expired, without_role, closed = (Machine() for _ in range(4))
    acting_as(revoked.lead)
    revoke_key(revoked.key, by=revoked.lead)
    revoke_key(revoked.key, by=revoked.lead)
    session.commit()
    administrator = accounts.person(Role.PROVIDER_ADMINISTRATOR, organisation=without_role.organisation)
    acting_as(administrator)
    change_roles(
        without_role.lead, [Role.BID_WRITER], organisation_id=without_role.organisation.id, by=administrator
    )
    closed.lead.is_disabled = True
    session.commit()
    told = {}
    for name, system in (("revoked", revoked), ("role", without_role), ("closed", closed)):
        answer = system.get(client, "/vacancies")
        assert answer.status_code == 401
        told[name] = answer.json["detail"]
    assert expired.get(client, "/vacancies").status_code == 200
    travel(timedelta(days=91))
    assert "expired" in expired.get(client, "/vacancies").json["detail"]
    assert told["revoked"] == "This key was revoked."
    assert "may no longer act" in told["role"] == told["closed"]


def test_only_a_bearer_header_is_a_key_and_no_cookie_is(client):
    system = Machine()
    client.sign_in(system.lead)
    bad = system.secret[:-1] + ("a" if system.secret[-1] != "a" else "b")
    for headers in (
        {},
        {"Authorization": f"Basic {system.secret}"},
        {"Authorization": f"Bearer {bad}"},
        {"Authorization": f"Bearer {new_secret()}"},
        {"Authorization": "Bearer ÿ"},
    ):
        answer = client.get("/api/v1/vacancies", headers=headers)
        assert answer.status_code == 401
        assert answer.mimetype == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
        assert "Set-Cookie" not in answer.headers
    assert client.get(f"/api/v1/vacancies?key={system.secret}").status_code == 401
    assert not is_whole(bad)
    assert is_whole(system.secret)


def test_a_key_may_send_so_many_calls_a_minute(client):
    system = Machine(calls_a_minute=2)
    first = system.get(client, "/vacancies")
    assert first.headers["RateLimit-Policy"] == '"minute";q=2;w=60'
    assert first.headers["RateLimit"].startswith('"minute";r=1;t=')
    assert system.get(client, "/vacancies").status_code == 200
    third = system.get(client, "/vacancies")
    assert (third.status_code, third.json["type"]) == (429, "/api#problem-too-many-requests")
    assert 1 <= int(third.headers["Retry-After"]) <= 60
    assert Machine().get(client, "/vacancies").status_code == 200
    travel(timedelta(minutes=1))
    assert system.get(client, "/vacancies").status_code == 200


def test_every_error_is_a_problem(client):
    system = Machine()
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("GET", "/vacancies/KF-1", 404),
        ("GET", "/enquiries/not-an-id", 404),
        ("DELETE", "/vacancies", 405),
        ("OPTIONS", "/vacancies", 405),
        ("GET", "/prices?on=yesterday", 422),
        ("GET", "/vacancies?colour=red", 422),
    ):
        answer = system.call(client, method, path)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), path
        assert answer.json["status"] == status
        assert "Allow" in answer.headers or status != 405


def test_a_fault_is_a_problem_that_tells_nothing(app, client, monkeypatch):
    system = Machine()
    monkeypatch.setattr("portal.vacancies.api.list_by_reference", lambda *_, **__: 1 / 0)
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        answer = system.get(client, "/vacancies")
    finally:
        app.testing = True
        app.config["PROPAGATE_EXCEPTIONS"] = None
    assert (answer.status_code, answer.json["type"]) == (500, "/api#problem-fault")
    assert "division" not in answer.get_data(as_text=True)


def test_a_keys_maker_is_told_before_it_expires_once_for_each_warning(client):
    system = Machine()
    for days, told in ((0, 0), (77, 1), (0, 1), (12, 2), (5, 2)):
        travel(timedelta(days=days))
        with as_worker():
            remind_expiring()
        acting_as(system.lead)
        assert len(session.scalars(sa.select(Notification.title)).all()) == told, days
    assert all(
        "Case management expires on" in title for title in session.scalars(sa.select(Notification.title))
    )


def test_answers_kept_for_repeated_calls_are_forgotten_after_a_day(client):
    system = Machine()
    once = {"Idempotency-Key": "again"}
    count = sa.text("SELECT count(*) FROM api_reply")
    system.post(client, "/vacancies/confirm", headers=once)
    with as_worker():
        assert session.execute(count).scalar_one() == 1
    acting_as(accounts.person(Role.PLACEMENTS_LEAD, organisation=system.organisation))
    assert session.execute(count).scalar_one() == 0
    travel(timedelta(hours=25))
    assert "Idempotency-Replayed" not in system.post(client, "/vacancies/confirm", headers=once).headers
    travel(timedelta(hours=25))
    with as_worker():
        forget_old_replies()
        assert session.execute(count).scalar_one() == 0


def test_an_unverified_provider_adds_no_household_here_either(client):
    unverified = Machine(organisation=providers.organisation(state="registered"))
    refused = unverified.put(client, "/vacancies/KF-1", household())
    assert refused.status_code == 403
    assert "verified the organisation" in refused.json["detail"]
