"""Fields of this feature's forms. Dates and times are typed in Kent's time and handed on in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from wtforms import DateField, DecimalField, IntegerField, TimeField
from wtforms.validators import InputRequired, ValidationError

from portal.core.clock import LONDON

DATE_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]


def uk_moment(day: date, at: time) -> datetime:
    """The instant, in UTC, of a date and time in Kent.

    Raises `ValueError` for the hour that spring skips, and for the one that autumn has twice: a deadline at
    which nobody could be sure of the time is no deadline.
    """
    local = datetime.combine(day, at, tzinfo=LONDON)
    moment = local.astimezone(UTC)
    if moment.astimezone(LONDON).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValueError("The clocks go forward then: choose a time before 1am or after 2am.")
    if local.replace(fold=1).astimezone(UTC) != moment:
        raise ValueError(
            "The clocks go back then and this time comes twice: choose one before 1am or from 2am."
        )
    return moment


def tidy(text: str | None) -> str:
    """Typed text without space around it."""
    return (text or "").strip()


class DayField(DateField):
    """A date, as browsers send it or typed as 31/03/2026."""

    def __init__(self, label: str, missing: str, **options: Any) -> None:
        super().__init__(label, [InputRequired(missing)], format=DATE_FORMATS, **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter a real date, like 31/03/2026.") from error


class ClockField(TimeField):
    """A time of day, as browsers send it or typed as 17:00."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter a time like 17:00.") from error


class PointsField(DecimalField):
    """Points, perhaps with decimals."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter a number, like 60 or 62.5.") from error
        if self.data is not None and not self.data.is_finite():
            self.data = None
            raise ValueError("Enter a number, like 60 or 62.5.")


class CountField(IntegerField):
    """A whole number."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter a whole number.") from error


def time_field(label: str) -> ClockField:
    return ClockField(label, [InputRequired("Enter a time, like 17:00.")], format=["%H:%M", "%H:%M:%S"])


def not_skipped(form: Any, prefix: str) -> None:
    day, at = form[f"{prefix}_date"], form[f"{prefix}_time"]
    if day.data is not None and at.data is not None:
        try:
            uk_moment(day.data, at.data)
        except ValueError as error:
            raise ValidationError(str(error)) from error
