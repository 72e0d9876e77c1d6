"""Whom the demonstration invents is nobody real: agencies, their numbers, addresses and telephones."""

from __future__ import annotations

import re

from portal.demo import services
from portal.demo.services import texts
from portal.demo.services.rounds import ROUNDS
from portal.providers.services import parse
from portal.providers.services.register import SHIPPED

GENERIC = {
    "and",
    "care",
    "community",
    "company",
    "families",
    "family",
    "foster",
    "fostering",
    "interest",
    "limited",
    "llp",
    "ltd",
    "placements",
    "services",
    "the",
    "of",
}


def real_agencies() -> list[tuple[str, str, str]]:
    found = parse(SHIPPED.read_bytes()).agencies
    assert len(found) == 339
    return [(agency.urn, agency.name, agency.owner) for agency in found]


def words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]+", name.lower())) - GENERIC


def test_urns_are_reserved() -> None:
    urns = [provider["urn"] for provider in texts.providers().values()]
    assert len(set(urns)) == 12
    assert all(re.fullmatch(r"SC999\d{3}", urn) for urn in urns)
    assert not any(urn.startswith("SC999") for urn, _, _ in real_agencies())


def test_no_name_shares_a_telling_word_with_a_real_agency_or_owner() -> None:
    real = set().union(*(words(name) | words(owner) for _, name, owner in real_agencies()))
    for provider in texts.providers().values():
        assert not words(provider["legal_name"]) & real
        assert not words(provider["trading_name"]) & real


def test_towns_numbers_and_telephones_are_invented() -> None:
    towns = {agency.town.lower() for agency in parse(SHIPPED.read_bytes()).agencies}
    for provider in texts.providers().values():
        assert provider["town"].lower() not in towns
        assert re.fullmatch(r"99\d{6}|OC99\d{4}", provider["company_number"])
        assert provider["telephone"].startswith("01632 960")
        assert re.search(r" 9Z[A-Z]$", provider["postcode"])


def test_addresses_can_receive_no_mail() -> None:
    emails = [person["email"] for person in texts.people().values()]
    assert len(set(emails)) == len(emails)
    assert all(email.endswith(".example") for email in emails)


def test_grades_vary_and_one_agency_is_not_inspected_yet() -> None:
    grades = {provider.get("grades", [None])[0] for provider in texts.providers().values()}
    assert {"Outstanding", "Good", "Requires improvement to be good", None} <= grades


def test_every_applicant_has_written_its_own_answers() -> None:
    seen: dict[str, str] = {}
    for provider in {provider for plan in ROUNDS for provider in plan.applicants}:
        answers = texts.application(provider)["answers"]
        assert len(answers) == 8
        for answer in answers.values():
            assert len(answer.split()) > 10
            assert seen.setdefault(answer, provider) == provider


def test_the_tour_is_made_of_people_in_the_story() -> None:
    assert {account.email for account in services.tour()} <= {
        person["email"] for person in texts.people().values()
    }
