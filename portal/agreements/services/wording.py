"""The words of an agreement as it is offered: what is read, signed by its fingerprint, and kept."""

from __future__ import annotations

import hashlib
from datetime import date

from portal.applications.models import Application, Submission
from portal.applications.queries import latest_submission, list_submitted_prices
from portal.core.ui import money, uk_date
from portal.frameworks.queries import list_cells


def agreement_text(application: Application, starts_on: date) -> str:
    """The agreement with one admitted provider, word for word, with its prices as the schedule.

    Plain paragraphs, parted by blank lines; the terms are those published with the framework (illustrative).
    """
    framework, organisation = application.round.framework, application.organisation
    urn = f", Ofsted URN {organisation.urn}" if organisation.urn else ""
    company = f", company number {organisation.company_number}" if organisation.company_number else ""
    submission = latest_submission(application)
    return "\n\n".join(
        [
            f"Agreement under the {framework.title} ({framework.reference})",
            f"1. Parties. This agreement is between Kent County Council, for itself and for Medway Council, and"
            f" {organisation.legal_name}{urn}{company}, of {organisation.registered_office} (the provider).",
            f"2. Terms. The provider joins the framework following {application.round.title}, on the terms published"
            f" with it, the same for every member. Its application {application.reference}"
            f"{_submission(submission)} forms part of this agreement.",
            f"3. Term. The agreement starts on {uk_date(starts_on)}, or on the day it is countersigned if that is"
            f" later. It ends with the framework, on {uk_date(framework.ends_on)}. If the framework is extended, this"
            " agreement ends on the extended date, as do those of every other member.",
            "4. Prices. The weekly fees in the schedule apply from the start date. They change only through a price"
            " review, or when the provider lowers them.",
            "5. No commitment. The councils do not undertake to make any placement.",
            "Schedule: weekly fees",
            _schedule(submission),
        ]
    )


def fingerprint(text: str) -> str:
    """SHA-256 of the text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _submission(submission: Submission | None) -> str:
    return f" (submission {submission.number}, SHA-256 {submission.sha256})" if submission else ""


def _schedule(submission: Submission | None) -> str:
    prices = list_submitted_prices(submission) if submission else {}
    lines = []
    for cell in list_cells():
        price = prices.get(cell.id)
        if price is not None and price.weekly_fee is not None:
            label = f"{cell.placement_type}, {cell.need_category.lower()}, {cell.age_band}"
            lines.append(f"{label}: {money(price.weekly_fee)}")
    return "\n".join(lines) or "No weekly fees were offered."
