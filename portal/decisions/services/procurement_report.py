"""The statutory procurement report (regulation 84 of 2015), gathered from what the portal holds."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from portal.accounts.models import Person
from portal.core.db import session
from portal.core.ui import money, plural, uk_date, uk_datetime
from portal.decisions import queries
from portal.decisions.models import DecisionRecord, Recommendation, RecommendationLine, StandstillEvent
from portal.decisions.standstill import in_words, last_day
from portal.decisions.states import KeyServiceLine, Outcome
from portal.evaluations import queries as evaluations
from portal.frameworks.models import Round
from portal.frameworks.states import Regime


def procurement_report(round_: Round) -> list[tuple[str, str]]:
    """The sections of the report as title and text, in the order of regulation 84(1)."""
    recommendation = queries.find_latest(round_)
    record = queries.find_record(round_)
    assert recommendation is not None, "the policy asked for a decision"
    return [
        ("Contracting authorities, subject matter and value", _subject(round_, record)),
        ("Procedure and authority", _procedure(round_)),
        ("Results of qualitative selection", _selection(recommendation.lines)),
        ("Tenders rejected, and why", _rejected(recommendation.lines)),
        ("Abnormally low tenders", "No tender was rejected as abnormally low."),
        ("Successful tenderers, and why their tenders were selected", _admitted(recommendation.lines)),
        ("Decision", _decision(recommendation, record)),
        ("Conflicts of interest detected, and measures taken", _conflicts(round_)),
        ("Means of communication", "All communication was electronic, by this portal and by email."),
        ("Standstill, complaints and claims", _standstill(round_)),
    ]


def _subject(round_: Round, record: DecisionRecord | None) -> str:
    spend = record.spend if record else {}
    lines = [f"{line.label}: {money(Decimal(spend[line]))}" for line in KeyServiceLine if line in spend]
    value = (
        "\n".join(["Spend by key service line, as recorded with the decision:", *lines])
        if lines
        else ("The framework commits the councils to no spending. No spend was recorded with the decision.")
    )
    return (
        "Kent County Council (lead) and Medway Council.\n\n"
        f"{round_.framework.title} ({round_.framework.reference}): {round_.title}. The framework runs from"
        f" {uk_date(round_.framework.starts_on)} to {uk_date(round_.framework.ends_on)}.\n\n{value}"
    )


def _procedure(round_: Round) -> str:
    regime = (
        "The Procurement Act 2023 applies."
        if round_.framework.regime == Regime.PA2023
        else "The Public Contracts Regulations 2015 apply."
    )
    return (
        f"{regime} Re-opened under decision {round_.authority_decision}: {round_.authority_clause}\n\n"
        f"Published {uk_datetime(round_.published_at)}; deadline {uk_datetime(round_.submission_deadline)};"
        f" opened {uk_datetime(round_.opened_at)}. Notice: {round_.notice_reference or 'none recorded'}."
    )


def _selection(lines: Sequence[RecommendationLine]) -> str:
    passed = [line for line in lines if line.quality_score is not None]
    failed = [line for line in lines if line.quality_score is None]
    names = "\n".join(_name(line) for line in passed) or "Nobody."
    text = f"Selected, having met every ground and condition:\n{names}"
    if failed:
        text += "\n\nNot selected:\n" + "\n".join(f"{_name(line)}. {line.reason}" for line in failed)
    return text


def _rejected(lines: Sequence[RecommendationLine]) -> str:
    declined = [one for one in lines if one.outcome == Outcome.DECLINE and one.quality_score is not None]
    return "\n\n".join(f"{_name(one)}: {_figures(one)}. {one.reason}" for one in declined) or "None."


def _admitted(lines: Sequence[RecommendationLine]) -> str:
    admitted = sorted((one for one in lines if one.outcome == Outcome.ADMIT), key=lambda one: one.sort_key)
    return "\n\n".join(f"{_name(one)}: {_figures(one)}. {one.reason}" for one in admitted) or "Nobody."


def _decision(recommendation: Recommendation, record: DecisionRecord | None) -> str:
    decision = recommendation.decision
    if decision is None:
        return "No decision has been taken."
    decided_by = session.get_one(Person, decision.decided_by_id).full_name
    number = f"Decision {record.number}" if record and record.number else "The decision"
    earlier = len(queries.list_decided(recommendation.round)) - 1
    before = f" {plural(earlier, 'earlier recommendation was', 'earlier recommendations were')} not approved."
    return (
        f"{number} was taken by {decided_by} on {uk_datetime(decision.decided_at)}.{before if earlier else ''}\n\n"
        f"{decision.reasons}"
    )


def _conflicts(round_: Round) -> str:
    declared = evaluations.list_declared(round_)
    found = [
        f"{one.person.full_name}: {plural(one.conflicts, 'conflict')} declared"
        for one in declared
        if one.conflicts
    ]
    everybody = "Everybody who read an application first declared whether they had a conflict of interest."
    if not found:
        return f"{everybody} None was declared."
    return f"{everybody} Whoever declared one was shut out of that application:\n" + "\n".join(found)


def _standstill(round_: Round) -> str:
    if round_.notices_sent_at is None:
        return "Notices have not been sent yet."
    sent = f"Notices were sent together {uk_datetime(round_.notices_sent_at)}."
    ends = f" Standstill ends at {in_words(round_.standstill_ends_at)}." if round_.standstill_ends_at else ""
    events = [_event(event) for event in queries.list_events(round_)]
    return f"{sent}{ends}\n\n" + ("\n".join(events) or "No complaint or claim is on record.")


def _event(event: StandstillEvent) -> str:
    until = f" to the end of {uk_date(last_day(event.extends_to))}" if event.extends_to else ""
    return f"{uk_date(event.happened_on)}: {event.kind.label.lower()}{until}. {event.summary}"


def _name(line: RecommendationLine) -> str:
    organisation = line.application.organisation
    return f"{organisation.legal_name} ({organisation.town}{f', URN {organisation.urn}' if organisation.urn else ''})"


def _figures(line: RecommendationLine) -> str:
    if line.total_score is None:
        return f"quality {line.quality_score:.2f}, below a published minimum, so prices were not scored"
    return (
        f"quality {line.quality_score:.2f}, price {line.price_score:.2f}, total {line.total_score:.2f},"
        f" rank {line.rank}"
    )
