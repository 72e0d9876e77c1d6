"""What Ofsted's register says of an applicant: shown while it drafts, and held with what it submits."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.applications.models import Application
from portal.providers import queries as providers
from portal.providers.models import OfstedAgency


def ofsted_facts(application: Application) -> dict[str, Any]:
    """The register's entry for the applicant as plain JSON, dates in ISO form.

    `in_register` is false where no file lists the agency (too new, or registered by hand): that is no sign of
    deregistration. A grade of None means not inspected yet. `as_at` is the date of the file the entry is from.
    """
    urn = application.organisation.urn
    agency = providers.find_agency(urn) if urn is not None else None
    if agency is None:
        return {"urn": urn, "in_register": False}
    return {"urn": urn, "in_register": True, **_entry(agency)}


def _entry(agency: OfstedAgency) -> dict[str, Any]:
    return {
        "name": agency.name,
        "registration_status": agency.registration_status,
        "registered_on": _iso(agency.registered_on),
        "inspected_on": _iso(agency.inspected_on),
        "overall_grade": agency.overall_grade,
        "protection_grade": agency.protection_grade,
        "leadership_grade": agency.leadership_grade,
        "as_at": _iso(agency.import_.as_at),
        "file_name": agency.import_.file_name,
        "file_sha256": agency.import_.sha256,
        "is_fictional": agency.is_fictional,
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
