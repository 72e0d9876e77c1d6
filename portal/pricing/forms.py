"""The forms that lower prices and change modifiers: when and why. What is typed beside each price is in `typed`."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length


class LowerForm(FlaskForm):  # type: ignore[misc]
    """When and why; the fees are read by `typed.TypedFees`."""

    once = HiddenField()
    seen = HiddenField()
    effective_from = DateField(
        "From which date",
        validators=[InputRequired("Enter the date from which the lower prices apply")],
        description="Today or later. The present prices end the day before.",
    )
    reason = TextAreaField(
        "Why you are lowering these prices",
        validators=[InputRequired("Enter why the prices are lowered"), Length(max=2000)],
        description="The councils’ contract managers can read this.",
    )
    unusual = BooleanField("These prices are right")


class ModifiersForm(FlaskForm):  # type: ignore[misc]
    """When and why; the modifiers are read by `typed.TypedModifiers`."""

    once = HiddenField()
    seen = HiddenField()
    effective_from = DateField(
        "From which date",
        validators=[InputRequired("Enter the date from which the modifiers apply")],
        description="Today or later. The present ones end the day before.",
    )
    reason = TextAreaField(
        "Why you are changing them",
        validators=[InputRequired("Enter why the modifiers change"), Length(max=2000)],
        description="The councils’ contract managers can read this.",
    )
