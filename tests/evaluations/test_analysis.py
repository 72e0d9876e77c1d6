"""Agreement, leniency and distributions: by published and hand-worked examples, and on their page."""

from __future__ import annotations

import uuid
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa

from portal.accounts.states import Role
from portal.core.db import session
from portal.evaluations import analysis, queries
from portal.evaluations.analysis import Rating
from tests.factories import accounts
from tests.factories import evaluations as made
from tests.factories.evaluations import Case, case
from tests.support.acting import acting_as, as_worker

QUESTION = uuid.uuid4()

# Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: four observers, twelve units,
# missing values. He gives 0.743 nominal, 0.815 ordinal and 0.849 interval.
PUBLISHED = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)


def ratings(*evaluators: tuple[int | None, ...]) -> list[Rating]:
    """A row for each evaluator, a column for each application; None where they did not score it."""
    applications = [uuid.uuid4() for _ in evaluators[0]]
    return [
        Rating(application, QUESTION, evaluator, value)
        for evaluator, row in ((uuid.uuid4(), row) for row in evaluators)
        for application, value in zip(applications, row, strict=True)
        if value is not None
    ]


def test_alpha_of_a_published_example() -> None:
    found = analysis.agreement(ratings(*PUBLISHED))
    assert found.alpha == pytest.approx(0.815, abs=0.0005)
    assert found.answers == 11  # the last unit was scored once, and says nothing
    assert found.figure == "0.82"
    assert found.reading == "The evaluators ranked the answers alike."


def test_alpha_worked_by_hand() -> None:
    # Pairs 1-1, 1-2, 2-2. Three of each value: the ordinal distance of 1 and 2 is (3/2 + 3/2)² = 9. Observed
    # 2 × 9 ÷ 6 = 3, expected 2 × 3 × 3 × 9 ÷ (6 × 5) = 5.4, so alpha is 1 − 3 ÷ 5.4 = 4/9.
    found = analysis.agreement(ratings((1, 1, 2), (1, 2, 2)))
    assert found.alpha == pytest.approx(4 / 9)
    assert found.reading.startswith("The evaluators often differed.")
    assert found.is_shaky


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (((3, 4),), "Too few answers"),
        (((3, None), (4, 2)), "Too few answers"),
        (((4, 4, 4), (4, 4, 4)), "Every score was the same."),
    ],
)
def test_alpha_is_not_given_where_it_is_undefined(
    rows: tuple[tuple[int | None, ...], ...], words: str
) -> None:
    found = analysis.agreement(ratings(*rows))
    assert found.alpha is None
    assert found.figure == "–"
    assert found.reading.startswith(words)


def test_full_agreement_and_opposites() -> None:
    assert analysis.agreement(ratings((0, 3, 5), (0, 3, 5))).alpha == 1
    opposed = analysis.agreement(ratings((0, 5), (5, 0)))
    assert opposed.alpha is not None
    assert opposed.alpha < 0
    assert opposed.figure.startswith("−")
    assert opposed.reading.startswith("No more alike than chance")


def test_leniency_worked_by_hand() -> None:
    rows = ratings((5, 4, 3, 2), (3, 4, 2, None), (4, 1, None, None))
    first, second, third = dict.fromkeys(rating.evaluator_id for rating in rows)
    found = analysis.leniencies(rows)
    # First: 5 − 3½, 4 − 2½, 3 − 2; nobody else scored the fourth. Second: 3 − 4½, 4 − 2½, 2 − 3. Third: 4 − 4, 1 − 4.
    assert found[first].difference == Fraction(3, 2) * Fraction(2, 3) + Fraction(1, 3)
    assert found[second].difference == Fraction(-1, 3)
    assert found[third].difference == Fraction(-3, 2)
    assert [found[one].answers for one in (first, second, third)] == [3, 3, 2]
    assert found[first].reading == "On average 1.33 marks higher than the others."
    assert found[second].figure == "−0.33"
    assert found[second].reading == "On average 0.33 of a mark lower than the others."
    alone = analysis.leniencies(ratings((5,)))
    assert [one.figure for one in alone.values()] == ["–"]


def test_distribution() -> None:
    found = analysis.distribution(ratings((0, 3, 3, 5), (4, 4, 4, 4)))
    assert found.counts == (1, 0, 0, 2, 4, 1)
    assert found.total == 8
    assert found.mean == Fraction(27, 8)
    assert found.mean_figure == "3.38"
    assert found.share(4) == 50
    assert analysis.distribution([]).mean_figure == "–"


def scored() -> Case:
    """Two applications; Kit gives 4 throughout, Mo 2 for 5.1 of the first and else 4."""
    here = case("consensus", count=2, assigned=False)
    for application, values in zip(here.applications, ({"q5_1": 2}, {}), strict=True):
        made.sheet(application, here.evaluators[0], by=here.commissioner, value=4)
        made.sheet(application, here.evaluators[1], by=here.commissioner, value=4, **values)
    return here


def test_only_scores_that_count_are_compared() -> None:
    here = scored()
    acting_as(here.commissioner)
    found = queries.analyse(here.round)
    per_sheet = len(found.questions)
    assert found.ratings == 4 * per_sheet
    assert found.questions[0].distribution.counts == (0, 0, 1, 0, 3, 0)
    assert found.questions[1].agreement.reading.startswith("Every score was the same.")
    by_name = {one.name: one for one in found.evaluators}
    assert by_name["Mo Medway"].leniency.difference == Fraction(-2, 2 * per_sheet)
    with as_worker():
        session.execute(
            sa.text(
                "UPDATE evaluation_sheet SET voided_at = portal_now(), voided_by_id = :by, void_reason = 'Replaced.'"
                " WHERE application_id = :application AND evaluator_id = :evaluator"
            ),
            {
                "by": here.commissioner.id,
                "application": here.applications[0].id,
                "evaluator": here.evaluators[1].id,
            },
        )
    session.commit()
    acting_as(here.commissioner)
    left = queries.analyse(here.round)
    assert left.ratings == 3 * per_sheet
    assert left.questions[0].distribution.counts == (0, 0, 0, 0, 3, 0)


def test_the_page_reads_as_tables_and_costs_the_same_for_many(client: Any, count_queries: Any) -> None:
    here = scored()
    page = f"/evaluations/rounds/{here.round.id}/analysis"
    client.sign_in(here.commissioner)
    client.get(page)
    with count_queries() as few:
        shown = client.get(page).get_data(as_text=True)
    assert "Krippendorff’s alpha" in shown
    assert "Mo Medway" in shown
    assert "Scores given by each evaluator" in shown
    assert shown.count('<svg class="app-distribution__bar"') == 6 * (
        len(queries.analyse(here.round).questions) + 2
    )
    for _ in range(3):
        more = made.add_application(here, "compliant")
        for evaluator in here.evaluators:
            made.sheet(more, evaluator, by=here.commissioner, value=3)
    client.sign_in(here.commissioner)
    client.get(page)
    with count_queries() as many:
        client.get(page)
    assert len(few.statements) == len(many.statements) <= 12


def test_rule_04_evaluators_never_see_how_they_compare(client: Any) -> None:
    here = scored()
    scoring_commissioner = accounts.person(Role.COMMISSIONER, Role.EVALUATOR)
    undeclared, conflicted = accounts.person(Role.COMMISSIONER), accounts.person(Role.COMMISSIONER)
    for application in here.applications:
        made.declaration(application, scoring_commissioner)
    made.sheet(here.application, scoring_commissioner, by=here.commissioner, value=5)
    made.declaration(here.applications[0], conflicted, "I sit on its board.")
    made.declaration(here.applications[1], conflicted)
    refused = (*here.evaluators, scoring_commissioner, undeclared, conflicted, here.approver)
    for person, status in [(one, 403) for one in refused] + [
        (here.commissioner, 200),
        (accounts.person(Role.AUDITOR), 200),
        (accounts.person(Role.AUDITOR, Role.EVALUATOR), 403),
    ]:
        client.sign_in(person)
        assert client.get(f"/evaluations/rounds/{here.round.id}/analysis").status_code == status
        assert client.get(f"/evaluations/rounds/{here.round.id}/stability").status_code == 403
