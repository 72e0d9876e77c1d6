"""The form that lowers prices: a date, a reason, and a new weekly fee beside each price that is to fall."""

from __future__ import annotations

import re
from decimal import Decimal

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import DateField, HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length

MONEY = re.compile(r"£?\s*(\d{1,3}(,\d{3})+|\d{1,6})(\.\d{1,2})?")
PREFIX = "fee-"


class LowerForm(FlaskForm):  # type: ignore[misc]
    """When and why; the fees are read by `NewFees`."""

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


class NewFees:
    """The new weekly fees as typed, by cell id; an empty one stays as it is."""

    def __init__(self, sent: MultiDict[str, str]) -> None:
        self.typed = {
            int(name[len(PREFIX) :]): value.strip()
            for name, value in sent.items()
            if name.startswith(PREFIX) and name[len(PREFIX) :].isdigit() and value.strip()
        }
        self.errors: dict[int, str] = {}
        self.fees: dict[int, Decimal] = {}
        for cell_id, text in self.typed.items():
            if MONEY.fullmatch(text):
                self.fees[cell_id] = Decimal(re.sub(r"[£,\s]", "", text))
            else:
                self.errors[cell_id] = "Enter an amount in pounds and pence, such as 812.50"
