"""What the sufficiency figures are asked for: a period, and perhaps a type of placement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import DateField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired

from portal.frameworks.queries import list_placement_types
from portal.reports.queries import Period

LONGEST = timedelta(days=2 * 366)
EARLIEST = date(2022, 4, 1)  # the framework's first day


class _Day(DateField):
    """A day as the browser's own field sends it."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter a real day, such as 2026-11-27") from error


class PeriodForm(FlaskForm):  # type: ignore[misc]
    """From one day to another, both included. Asked by GET, so that a page can be kept and sent on."""

    class Meta:
        csrf = False

    first = _Day("From", validators=[InputRequired("Enter the first day")])
    last = _Day("To", validators=[InputRequired("Enter the last day")])
    placement_type = SelectField("Type of placement")

    @classmethod
    def asked(cls, arguments: Mapping[str, str]) -> PeriodForm:
        """The form as it was asked, and checked; what an address leaves out is as usual."""
        usual = Period.usual()
        given = {
            "first": usual.first.isoformat(),
            "last": usual.last.isoformat(),
            "placement_type": "",
            **arguments,
        }
        form = cls(formdata=MultiDict(given))
        form.placement_type.choices = [
            SelectChoice("", "Any"),
            *(SelectChoice(one.code, one.label) for one in list_placement_types()),
        ]
        form.validate()
        return form

    def validate_first(self, field: Any) -> None:
        if field.data is not None and field.data < EARLIEST:
            raise ValidationError("The framework began on 1 April 2022. Enter a day from then on")

    def validate_last(self, field: Any) -> None:
        first = self.first.data
        if first is None or field.data is None:
            return
        if field.data < first:
            raise ValidationError("The last day cannot come before the first")
        if field.data - first > LONGEST:
            raise ValidationError("Choose a period of two years at most")

    def period(self) -> Period:
        """What was asked for, or the usual period where that is not understood."""
        first, last = self.first.data, self.last.data
        if self.errors or first is None or last is None:
            return Period.usual()
        return Period(first, last, self.placement_type.data)
