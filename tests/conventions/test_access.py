"""Who reaches which page: every endpoint has its rule, and every route is tried as everybody.

`PAGES` is the readable table of the pages that need no id. A new page must be added to it, or the test fails.
"""

from __future__ import annotations

import inspect
import re
import uuid

import pytest
from flask import url_for

from portal.accounts.states import COUNCIL_ROLES, PROVIDER_ROLES, Council, Role
from portal.core.access import current_person, rule_of
from portal.home.views.navigation import MENU
from tests.factories import accounts, providers

R = Role
ANYBODY = None  # signed in or not
STRANGER = "a stranger"
EVERYBODY = frozenset(Role) | {"no role yet"}
PROVIDERS = frozenset(PROVIDER_ROLES)
OVERSEEING = frozenset({R.COMMISSIONER, R.CONTRACT_MANAGER, R.AUDITOR})

# Page → whom it lets in. Anybody else who is signed in is refused; strangers are asked to sign in.
PAGES = {
    "accounts.account": EVERYBODY,
    "accounts.change_password": EVERYBODY,
    "accounts.check_email": ANYBODY,
    "accounts.council_account_new": {R.SYSTEM_ADMINISTRATOR},
    "accounts.council_accounts": {R.SYSTEM_ADMINISTRATOR},
    "accounts.forgotten_password": ANYBODY,
    "accounts.register": ANYBODY,
    "accounts.sign_in": ANYBODY,
    "accounts.signed_out": ANYBODY,
    "accounts.unconfirmed": EVERYBODY,
    "agreements.index": PROVIDERS | OVERSEEING | {R.APPROVER, R.FINANCE_OFFICER},
    "agreements.countersign_many": {R.COMMISSIONER},
    "agreements.reviews": PROVIDERS | OVERSEEING | {R.APPROVER, R.FINANCE_OFFICER},
    "applications.index": PROVIDERS,
    "applications.verify_receipt": ANYBODY,
    "decisions.index": {R.APPROVER},
    "decisions.published": ANYBODY,
    "demo.show": ANYBODY,  # in the demonstration alone, as is the page of sent mail
    "evaluations.index": {R.EVALUATOR},
    "frameworks.index": COUNCIL_ROLES,
    "frameworks.new_round": {R.COMMISSIONER},
    "home.start": EVERYBODY,
    "keys.documentation": ANYBODY,
    "keys.openapi": ANYBODY,
    "matching.enquiries": {R.PROVIDER_ADMINISTRATOR, R.PLACEMENTS_LEAD},
    "matching.left_out": {R.PLACEMENT_OFFICER},
    "matching.placements": {
        R.PLACEMENT_OFFICER,
        R.CONTRACT_MANAGER,
        R.FINANCE_OFFICER,
        R.COMMISSIONER,
        R.AUDITOR,
    }
    | {R.PROVIDER_ADMINISTRATOR, R.PLACEMENTS_LEAD, R.FINANCE_LEAD},
    "matching.save_search": {R.PLACEMENT_OFFICER},
    "matching.search": {R.PLACEMENT_OFFICER},
    "matching.saved_searches": {R.PLACEMENT_OFFICER, R.AUDITOR},
    "notifications.index": EVERYBODY,
    "notifications.sent_mail": ANYBODY,  # in the demonstration alone; anywhere else there is no such page
    "notifications.settings": EVERYBODY,
    "notifications.undelivered": {R.COMMISSIONER, R.SYSTEM_ADMINISTRATOR},
    "pricing.index": PROVIDERS | OVERSEEING | {R.FINANCE_OFFICER},
    "providers.find": PROVIDERS | {"no role yet"},
    "providers.index": OVERSEEING,
    "providers.own_organisations": PROVIDERS | {"no role yet"},
    "providers.register_by_hand": PROVIDERS | {"no role yet"},
    "public.accessibility": ANYBODY,
    "public.contact": ANYBODY,
    "public.healthz": ANYBODY,
    "public.how_to_apply": ANYBODY,
    "public.index": ANYBODY,
    "public.members": ANYBODY,
    "public.privacy": ANYBODY,
    "public.readyz": ANYBODY,
    "public.rounds": ANYBODY,
    "public.sufficiency": ANYBODY,
    "reports.access_register": {R.AUDITOR},
    "reports.audit_log": {R.AUDITOR, R.COMMISSIONER},
    "reports.sufficiency": {R.COMMISSIONER, R.CONTRACT_MANAGER, R.PLACEMENT_OFFICER, R.AUDITOR},
    "reports.sufficiency_workbook": {R.COMMISSIONER, R.CONTRACT_MANAGER, R.PLACEMENT_OFFICER, R.AUDITOR},
    "vacancies.index": {R.PROVIDER_ADMINISTRATOR, R.PLACEMENTS_LEAD},
}
WHO = [*sorted(Role), "no role yet", STRANGER]
MADE_UP = {
    "uuid": str(uuid.uuid4()),
    "int": "7",
    "default": "made-up",
    "path": "made-up",
    "reference": "made-up",
    "string": "made-up",
}


def rules(app):
    """Pages. What machines call is tried apart: see `test_a_session_opens_nothing_to_machines`."""
    return [
        rule for rule in app.url_map.iter_rules() if rule.endpoint != "static" and not is_machines(app, rule)
    ]


def is_machines(app, rule):
    return hasattr(app.view_functions[rule.endpoint], "operation")


def machine_rules(app):
    return [rule for rule in app.url_map.iter_rules() if is_machines(app, rule)]


def needs_no_id(rule):
    return "GET" in rule.methods and not rule.arguments


def path_of(rule):
    """The rule's path, with a made-up value of the right kind for each of its parts."""
    return re.sub(
        r"<(?:(\w+)(?:\(.*?\))?:)?\w+>", lambda part: MADE_UP[part.group(1) or "default"], rule.rule
    )


@pytest.fixture(params=WHO)
def who(request, client):
    """Everybody in turn: a person of each role, one without any, a stranger."""
    if request.param == "no role yet":
        client.sign_in(accounts.person())
    elif request.param != STRANGER:
        organisation = providers.organisation()
        client.sign_in(accounts.person(request.param, organisation=organisation, council=Council.KENT))
    return request.param


def test_every_endpoint_has_a_rule_and_nothing_comes_before_it(app):
    for endpoint, view in app.view_functions.items():
        if endpoint != "static":
            with app.app_context():
                assert rule_of(endpoint) is not None, f"{endpoint} has neither @public nor @access"
            assert inspect.unwrap(view) is not view


def test_a_loader_asks_for_ids_that_the_address_holds(app):
    for rule in [*rules(app), *machine_rules(app)]:
        loader = app.view_functions[rule.endpoint].access_rule.of
        if loader is not None:
            asked = set(list(inspect.signature(loader).parameters)[1:])
            assert asked <= rule.arguments, rule.endpoint


def test_whoever_judges_a_thing_gets_it_loaded(app):
    for rule in [*rules(app), *machine_rules(app)]:
        access_rule = app.view_functions[rule.endpoint].access_rule
        if access_rule.policy is not None:
            takes = len(inspect.signature(access_rule.policy).parameters)
            assert takes == (2 if access_rule.of is not None else 1), rule.endpoint


def test_the_table_names_every_page_that_needs_no_id(app):
    there = {rule.endpoint for rule in rules(app) if needs_no_id(rule)}
    assert there - set(PAGES) == set(), "add the new page to PAGES"
    assert set(PAGES) - there == set(), "these pages are gone"


def test_the_menu_offers_nobody_a_page_that_refuses_them(app):
    for entry in MENU:
        allowed = PAGES[entry.endpoint]
        assert allowed is not ANYBODY
        assert entry.roles <= set(allowed), entry.endpoint


def test_addresses_are_lower_case_words_with_hyphens(app):
    for rule in rules(app):
        fixed = re.sub(r"<[^>]+>", "", rule.rule)
        assert re.fullmatch(r"[a-z0-9/-]*|/api/v1/openapi\.json", fixed), rule.rule


def test_every_page_lets_in_exactly_those_whom_the_table_names(app, client, who):
    for endpoint, allowed in PAGES.items():
        if endpoint == "accounts.signed_out":
            continue  # opening it signs out
        with app.test_request_context():
            path = url_for(endpoint)
        status = client.get(path).status_code
        if allowed is ANYBODY:
            assert status not in {403, 500}, endpoint
        elif who == STRANGER:
            assert status == 303, endpoint
        else:
            assert (status != 403) == (who in allowed), f"{endpoint} answered {status}"
            assert status < 500, endpoint


def test_a_made_up_id_is_never_found_and_never_a_fault(app, client, who):
    for rule in rules(app):
        if not rule.arguments or "GET" not in rule.methods:
            continue
        answer = client.get(path_of(rule))
        is_public = app.view_functions[rule.endpoint].access_rule.policy is None
        expected = {200, 303, 404, 410} if is_public else {303} if who == STRANGER else {303, 403, 404}
        assert answer.status_code in expected, f"{rule.endpoint} answered {answer.status_code}"


def test_a_post_to_a_made_up_id_changes_nothing_and_is_never_a_fault(app, client, who):
    for rule in rules(app):
        if not rule.arguments or "POST" not in rule.methods:
            continue
        status = client.post(path_of(rule)).status_code
        is_public = app.view_functions[rule.endpoint].access_rule.policy is None
        expected = {200, 303, 404, 410, 422} if is_public else {303} if who == STRANGER else {303, 403, 404}
        assert status in expected, f"{rule.endpoint} answered {status}"


def test_no_form_is_taken_without_its_token(app, client, who):
    for rule in rules(app):
        if rule.arguments or "POST" not in rule.methods:
            continue
        status = client.post(rule.rule, csrf=False).status_code
        access_rule = app.view_functions[rule.endpoint].access_rule
        if access_rule.policy is None:
            assert status == 400, rule.endpoint
        elif who == STRANGER:
            assert status == 303, rule.endpoint
        else:
            assert status in {400, 403}, f"{rule.endpoint} answered {status}"


def test_a_session_opens_nothing_to_machines(app, client, who):
    """Whoever is signed in, and with the form's token: only a key counts, and it is asked for before anything."""
    assert len(machine_rules(app)) >= 15
    for rule in machine_rules(app):
        for method in rule.methods - {"HEAD"}:
            answer = client.open(path_of(rule), method=method, csrf=method == "POST")
            assert answer.status_code == 401, f"{method} {rule.rule} answered {answer.status_code}"
            assert answer.mimetype == "application/problem+json"
            assert "Set-Cookie" not in answer.headers


def test_nobody_is_left_signed_in_from_one_request_to_the_next(app, client):
    client.sign_in(accounts.person(R.AUDITOR))
    assert client.get("/audit-log").status_code == 200
    assert app.test_client().get("/audit-log").status_code == 303
    with app.test_request_context():
        assert current_person() is None
