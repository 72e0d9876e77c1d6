"""Who may read the audit log, the register of reads and the sufficiency figures."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.accounts.states import Role
from portal.core.access import ALLOWED, Verdict, denied


def can_read_audit_log(person: Person) -> Verdict:
    """Auditors read all of it; commissioners what concerns rounds and providers (`queries.list_events`)."""
    if person.holds(Role.AUDITOR, Role.COMMISSIONER):
        return ALLOWED
    return denied("Only auditors and commissioners can read the audit log.")


def can_read_access_register(person: Person) -> Verdict:
    """Who read which application: the auditor's to check, at both councils."""
    return ALLOWED if person.holds(Role.AUDITOR) else denied("Only auditors can read the access register.")


def can_read_sufficiency(person: Person) -> Verdict:
    """Free places against what was looked for: counts alone, a placement officer's of their own council's searches."""
    if person.holds(Role.COMMISSIONER, Role.CONTRACT_MANAGER, Role.PLACEMENT_OFFICER, Role.AUDITOR):
        return ALLOWED
    return denied("The full sufficiency figures are for the councils. The public figures are for everybody.")


def counts_own_council(person: Person) -> bool:
    """A placement officer and nothing more: the database counts the searches of the officer's council alone."""
    return not person.holds(Role.COMMISSIONER, Role.CONTRACT_MANAGER, Role.AUDITOR)
