"""Which passwords are good enough, and how they are kept."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from portal.accounts import passwords
from portal.core.errors import Invalid, Throttled

EMAIL = "ada.holloway@example.org"
NAME = "Ada Holloway"


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("elevenchars", "at least 12"),
        ("x" * 257, "256 characters or fewer"),
        ("password1234", "too common"),
        ("passwordpassword", "too common"),
        ("qwertyuiop123", "too common"),
        ("aaaaaaaaaaaaaaaa", "too common"),
        ("abcdefghijkl", "too common"),
        ("123456789012", "too common"),
        ("ada.holloway@example.org", "your name or your email"),
        ("green HOLLOWAY kites", "your name or your email"),
        ("kent-and-medway kites", "name of this service"),
        ("FosteringFramework kites", "name of this service"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(password: str, says: str) -> None:
    with pytest.raises(Invalid, match=says) as refusal:
        passwords.check_password(password, email=EMAIL, full_name=NAME)
    assert refusal.value.field == "password"


@pytest.mark.parametrize(
    "password", ["seventeen green kites", "trombone-lichen-harbour", "пятнадцать зелёных", "7hV!kq2#Lw9z"]
)
def test_long_passwords_of_any_composition_are_accepted(password: str) -> None:
    passwords.check_password(password, email=EMAIL, full_name=NAME)


def test_a_hash_verifies_only_its_password() -> None:
    kept = passwords.hash_password("seventeen green kites")
    assert kept.startswith("$argon2id$")
    assert passwords.verify_password(kept, "seventeen green kites")
    assert not passwords.verify_password(kept, "seventeen green kite")


def test_characters_typed_in_two_ways_are_one_password() -> None:
    kept = passwords.hash_password("cafe\u0301 in the morning")
    assert passwords.verify_password(kept, "caf\u00e9 in the morning")


def test_nobody_and_nonsense_never_verify() -> None:
    assert not passwords.verify_password(None, "nobody has this password")
    assert not passwords.verify_password("not a hash", "seventeen green kites")


def test_older_parameters_ask_for_a_new_hash() -> None:
    older = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("seventeen green kites")
    assert passwords.needs_rehash(older)
    assert not passwords.needs_rehash(passwords.hash_password("seventeen green kites"))


def test_no_more_hashes_run_at_once_than_there_is_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "LONGEST_WAIT_SECONDS", 0.01)
    with passwords._place(), passwords._place(), pytest.raises(Throttled, match="Try again"):
        passwords.verify_password(None, "seventeen green kites")
