"""Three price reviews of this year's window: one approved, one that awaits a decision, one for Finance to check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from portal.accounts.models import Person
from portal.agreements import queries, services
from portal.agreements.models import PriceReview
from portal.agreements.states import FundingSource, PlacedChildren
from portal.demo.services.papers import paper
from portal.demo.services.people import finance_lead_of
from portal.demo.services.prices import basket, fees_of
from portal.demo.services.story import Story
from portal.pricing.queries import Schedule, list_prices
from portal.pricing.states import WageBand
from portal.pricing.uplift import raised

Step = Callable[[Story, str, Person], None]

TERMS_SET, OPENS, CLOSES = -75, -50, 40


@dataclass(frozen=True)
class Plan:
    """Who asks for how much more for one placement type, why, and on which days it went how far."""

    provider: str
    placement_type: str
    percent: Decimal
    reason: str
    asked: int
    steps: tuple[tuple[int, str, Step], ...]


def tell(story: Story) -> None:
    """The terms are set, then each provider asks and the councils do what they have come to."""
    story.add(TERMS_SET, "11:00", "contract_manager", partial(_set_terms, story))
    for plan in _plans():
        lead = finance_lead_of(plan.provider)
        story.add(plan.asked, "10:05", lead, partial(_ask, story, plan))
        story.add(plan.asked, "10:20", lead, partial(_add_evidence, story, plan.provider))
        for day, who, step in plan.steps:
            story.add(day, "14:10", who, partial(step, story, plan.provider))


def _plans() -> tuple[Plan, ...]:
    manager, finance = "contract_manager", "finance_officer"
    return (
        Plan(
            *("samphire", "parent_and_child", Decimal("3.50")),
            "Assessment placements need a second visit a week since the court's new timetable.",
            -46,
            (
                (-41, manager, _analyse),
                (-36, finance, _check),
                (-30, manager, _recommend),
                (-22, "approver", _approve),
            ),
        ),
        Plan(
            *("ragstone", "standard", Decimal("5.90")),
            "The allowances we pay to carers rose by 5 per cent in April, and our insurance by a fifth.",
            -32,
            ((-25, manager, _analyse), (-19, finance, _check), (-12, manager, _recommend)),
        ),
        Plan(
            *("tidewell", "standard", Decimal("4.20")),
            "Two supervising social workers have joined us, so that each visits fewer households.",
            -12,
            ((-6, manager, _analyse),),
        ),
    )


def _set_terms(story: Story, by: Person) -> None:
    closes = story.day(CLOSES)
    begins = date(closes.year + (closes.month + 2) // 12, (closes.month + 2) % 12 + 1, 1)
    opens = story.day(OPENS)
    index = (opens.replace(day=1) - timedelta(days=1)).replace(day=1)
    values = {
        "opens_on": opens,
        "closes_on": closes,
        "takes_effect_on": begins,
        "index_month": index.month,
        "wage_band": WageBand.ADULT,
        "weight": Decimal("0.30"),
        "cap": Decimal("10.00"),
        "floor": Decimal("0.00"),
        "decimals": 2,
        "figures_month": queries.index_month_of(queries.Window(opens, closes, begins), index.month),
        "cpi_percent": Decimal("3.40"),
        "wage_percent": Decimal("4.10"),
        "figures_source": "Invented figures of the demonstration",
    }
    services.set_review_terms(story.framework(), values, by=by, seen_version=0)


def _ask(story: Story, plan: Plan, by: Person) -> None:
    schedule = Schedule(story.organisation(plan.provider), story.framework())
    starts = queries.get_terms(schedule.framework.id).window.takes_effect_on
    standing, offered = list_prices(schedule, starts), fees_of(plan.provider)
    fees = {
        cell.cell_id: raised(standing[cell.cell_id].weekly_fee or Decimal(0), plan.percent)
        for cell in basket()
        if cell.placement_type == plan.placement_type and offered[cell.cell_id] is not None
    }
    services.request_review(schedule, fees, reason=plan.reason, by=by)


def _add_evidence(story: Story, provider: str, by: Person) -> None:
    lines = ["Costs of the last two years, side by side.", "Prepared for the price review."]
    services.attach_evidence(
        _review(story, provider),
        original_name="costs-of-two-years.pdf",
        chunks=[paper("Costs of two years", lines)],
        by=by,
    )


def _analyse(story: Story, provider: str, by: Person) -> None:
    text = (
        "More than the formula gives. The evidence covers carers' allowances in full and insurance in part."
    )
    services.analyse_review(_review(story, provider), text=text, by=by)


def _check(story: Story, provider: str, by: Person) -> None:
    services.check_funding(
        _review(story, provider),
        arithmetic_confirmed=True,
        funding=FundingSource.PAY_AND_PRICE,
        yearly_cost=Decimal("48200.00"),
        text="Recalculated from the schedule in force. Within what is set aside for pay and price pressures.",
        by=by,
    )


def _recommend(story: Story, provider: str, by: Person) -> None:
    review = _review(story, provider)
    uplift = queries.get_terms(review.framework_id).uplift
    percent = uplift.percent if uplift else Decimal(0)
    services.recommend_review(
        review,
        {
            line.cell_id: min(line.asked_fee, raised(line.old_fee or line.asked_fee, percent))
            for line in review.lines
        },
        with_modifiers=False,
        effective_from=review.takes_effect_on,
        text="As the formula gives, which the evidence supports. The rest is not shown to be lasting.",
        by=by,
    )


def _approve(story: Story, provider: str, by: Person) -> None:
    services.approve_review(
        _review(story, provider),
        placed=PlacedChildren.KEEP,
        text="I accept the recommendation. The formula follows wages and prices, and the funding is confirmed.",
        by=by,
    )


def _review(story: Story, provider: str) -> PriceReview:
    framework, organisation = story.framework(), story.organisation(provider)
    found = queries.find_under_review(framework.id, organisation.id)
    if found is None:
        raise LookupError(f"{provider} has asked for nothing.")
    return found
