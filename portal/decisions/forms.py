"""Forms of the decision."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired

from portal.decisions.services import Line
from portal.decisions.states import DecisionKind, Outcome

KINDS = {
    DecisionKind.APPROVE: "Approve: everyone is admitted or declined as recommended",
    DecisionKind.REFER_BACK: "Refer back: the commissioner makes a new recommendation",
    DecisionKind.REJECT: "Reject: the recommendation falls; the commissioner makes a new one",
}


class RecommendForm(FlaskForm):  # type: ignore[misc]
    """The reasons for a recommendation as a whole; its lines are read by `read_lines`."""

    reasons = TextAreaField(
        "Reasons for the recommendation as a whole",
        description="Say what the recommendation rests on. The approver reads this.",
    )


class DecideForm(FlaskForm):  # type: ignore[misc]
    """The approver's decision on the recommendation that was shown, known by its number."""

    number = HiddenField()
    kind = RadioField(
        "Your decision",
        choices=[SelectChoice(kind.value, label) for kind, label in KINDS.items()],
        validators=[InputRequired("Choose your decision.")],
        validate_choice=False,
    )
    reasons = TextAreaField("Reasons for your decision")


class ActionForm(FlaskForm):  # type: ignore[misc]
    """A button, with the token that shows it was pressed on our page."""


def read_lines(form: Mapping[str, str], applications: Iterable[uuid.UUID]) -> dict[uuid.UUID, Line]:
    """The outcome and reason typed for each application; those without an outcome are left out."""
    lines = {}
    for application_id in applications:
        outcome = form.get(f"outcome-{application_id}")
        if outcome in set(Outcome):
            lines[application_id] = Line(Outcome(outcome), form.get(f"reason-{application_id}", ""))
    return lines
