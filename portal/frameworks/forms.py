"""Forms about rounds. Dates and times are typed in Kent's time and handed on in UTC."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, cast

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    HiddenField,
    IntegerField,
    RadioField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from portal.core.clock import LONDON
from portal.frameworks.models import BasketVolume, Round
from portal.frameworks.queries import CellRow
from portal.frameworks.services import RoundTerms, Volume
from portal.frameworks.states import AdmissionRule

DATE_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]
MOST_WEEKS = 1_000_000
CEILING = re.compile(r"£?(\d{1,3}(?:,?\d{3})*(?:\.\d{1,2})?)")


def uk_moment(day: date, at: time) -> datetime:
    """The instant, in UTC, of a date and time in Kent. Raises `ValueError` for the hour that spring skips.

    Of the hour that autumn has twice, the first is meant.
    """
    local = datetime.combine(day, at, tzinfo=LONDON)
    moment = local.astimezone(UTC)
    if moment.astimezone(LONDON).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValueError("The clocks go forward then: choose a time before 1am or after 2am.")
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


class CountField(IntegerField):
    """A whole number."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("Enter a whole number.") from error


def _time_field(label: str) -> ClockField:
    return ClockField(label, [InputRequired("Enter a time, like 17:00.")], format=["%H:%M", "%H:%M:%S"])


def _not_skipped(form: Any, prefix: str) -> None:
    day, at = form[f"{prefix}_date"], form[f"{prefix}_time"]
    if day.data is not None and at.data is not None:
        try:
            uk_moment(day.data, at.data)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class RoundForm(FlaskForm):  # type: ignore[misc]
    """What a commissioner decides about a round."""

    version = HiddenField()
    once = HiddenField()
    title = StringField(
        "Title",
        [InputRequired("Enter a title."), Length(max=150, message="Use 150 characters or fewer.")],
        filters=[tidy],
        description="What providers will see, such as “Re-opening for new providers, 2026”.",
    )
    summary = TextAreaField(
        "Summary",
        [InputRequired("Say in a few words who the round is for.")],
        filters=[tidy],
        description="Two or three sentences for the public page.",
    )
    clarification_date = DayField("Date", "Enter the last day for questions.")
    clarification_time = _time_field("Time")
    submission_date = DayField("Date", "Enter the date of the deadline.")
    submission_time = _time_field("Time")
    agreements_start_on = DayField("Date agreements start", "Enter the date agreements start.")
    authority_decision = StringField(
        "Decision number", filters=[tidy], description="Of the record of decision, such as 23-00112."
    )
    authority_clause = StringField(
        "Clause that allows re-opening",
        filters=[tidy],
        description="Of the original tender documents or framework agreement.",
    )
    criteria_match_original = BooleanField("The criteria and terms match the original tender")
    departure_advice = TextAreaField(
        "If they do not match, the advice you rely on",
        filters=[tidy],
        description="Who advised, when, and what they said.",
    )
    notice_reference = StringField(
        "Find a Tender notice reference", filters=[tidy], description="Leave this empty until it is known."
    )
    quality_weight = PointsField(
        "Quality weight",
        [InputRequired("Enter the weight of quality."), NumberRange(1, 99, "Enter a number from 1 to 99.")],
        places=None,
        description="Points out of 100. The rest is price.",
    )
    quality_minimum = PointsField(
        "Lowest quality score to be admitted",
        [InputRequired("Enter the lowest score, or 0."), NumberRange(0, 99, "Enter a number from 0 to 99.")],
        places=None,
        description="Points of the quality weight. 0 means that only the minimum on a question applies.",
    )
    admission_rule = RadioField(
        "Who is admitted?",
        [InputRequired("Choose who is admitted.")],
        choices=[SelectChoice(rule.value, rule.label) for rule in AdmissionRule],
    )
    admit_at_most = CountField(
        "How many, if only the best", [Optional(), NumberRange(1, 500, "Enter a number from 1 to 500.")]
    )
    standstill_days = CountField(
        "Days of standstill",
        [
            InputRequired("Enter the days of standstill."),
            NumberRange(10, 60, "Enter a number from 10 to 60."),
        ],
        description="10 where notices are sent by email; 15 where they are not.",
    )

    def validate_clarification_time(self, _: ClockField) -> None:
        _not_skipped(self, "clarification")

    def validate_submission_time(self, _: ClockField) -> None:
        _not_skipped(self, "submission")

    def terms(self) -> RoundTerms:
        """What was typed, once it is valid."""
        return RoundTerms(
            title=self.title.data or "",
            summary=self.summary.data or "",
            clarification_deadline=_moment(self, "clarification"),
            submission_deadline=_moment(self, "submission"),
            agreements_start_on=cast(date, self.agreements_start_on.data),
            authority_decision=self.authority_decision.data or "",
            authority_clause=self.authority_clause.data or "",
            criteria_match_original=self.criteria_match_original.data,
            departure_advice=self.departure_advice.data or "",
            notice_reference=self.notice_reference.data or "",
            quality_weight=self.quality_weight.data or Decimal(0),
            quality_minimum=self.quality_minimum.data or Decimal(0),
            admission_rule=AdmissionRule(self.admission_rule.data),
            admit_at_most=self.admit_at_most.data,
            standstill_days=self.standstill_days.data or 0,
        )


def _moment(form: Any, prefix: str) -> datetime:
    return uk_moment(form[f"{prefix}_date"].data, form[f"{prefix}_time"].data)


def round_values(round_: Round) -> dict[str, Any]:
    """What the form shows of a round."""
    names = (
        "title summary agreements_start_on authority_decision authority_clause criteria_match_original"
        " departure_advice notice_reference admit_at_most standstill_days version"
    )
    values = {name: getattr(round_, name) for name in names.split()}
    for prefix in ("clarification", "submission"):
        local = getattr(round_, f"{prefix}_deadline").astimezone(LONDON)
        values |= {f"{prefix}_date": local.date(), f"{prefix}_time": local.time()}
    weights = {
        name: Decimal(f"{getattr(round_, name).normalize():f}")
        for name in ("quality_weight", "quality_minimum")
    }
    return values | weights | {"admission_rule": round_.admission_rule.value}


class ExtensionForm(FlaskForm):  # type: ignore[misc]
    """A later deadline and its reason."""

    version = HiddenField()
    submission_date = DayField("Date", "Enter the new date.")
    submission_time = _time_field("Time")
    reason = TextAreaField(
        "Reason",
        [InputRequired("Give the reason: it is published.")],
        filters=[tidy],
        description="This is published on the round’s public page.",
    )

    def validate_submission_time(self, _: ClockField) -> None:
        _not_skipped(self, "submission")

    def deadline(self) -> datetime:
        """The new deadline in UTC."""
        return _moment(self, "submission")


class CancelForm(FlaskForm):  # type: ignore[misc]
    """Why a round is cancelled."""

    version = HiddenField()
    reason = TextAreaField(
        "Reason",
        [InputRequired("Say why the round is cancelled.")],
        filters=[tidy],
        description="This is published if the round has been published. The round cannot be started again.",
    )


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """The version that was read, and nothing else."""

    version = HiddenField()


@dataclass
class BasketForm:
    """Weeks and ceilings by cell, as typed: two hundred plain fields, too many for WTForms to be quick."""

    cells: Iterable[CellRow]
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    volumes: dict[int, Volume] = field(default_factory=dict)

    @classmethod
    def of(cls, cells: Iterable[CellRow], stored: Mapping[int, BasketVolume]) -> BasketForm:
        """The form as it is first shown."""
        typed = {}
        for cell_id, volume in stored.items():
            typed[f"weeks-{cell_id}"] = str(volume.weeks)
            typed[f"ceiling-{cell_id}"] = _pounds(volume.ceiling)
        return cls(cells, typed)

    def read(self, posted: Mapping[str, str]) -> bool:
        """Take what was posted; true when every field can be understood. An empty field means none."""
        self.typed = {name: posted.get(name, "").strip() for cell in self.cells for name in _names(cell)}
        for cell in self.cells:
            weeks, ceiling = (self.typed[name] for name in _names(cell))
            self.volumes[cell.id] = Volume(self._weeks(cell, weeks), self._ceiling(cell, ceiling))
        return not self.errors

    def _weeks(self, cell: CellRow, text: str) -> int:
        plain = text.replace(",", "") or "0"
        if plain.isascii() and plain.isdigit() and int(plain) <= MOST_WEEKS:
            return int(plain)
        self.errors[f"weeks-{cell.id}"] = f"{_words(cell)}: weeks must be a whole number."
        return 0

    def _ceiling(self, cell: CellRow, text: str) -> Decimal | None:
        if not text:
            return None
        found = CEILING.fullmatch(text)
        amount = Decimal(found[1].replace(",", "")) if found else Decimal(0)
        if amount <= 0:
            self.errors[f"ceiling-{cell.id}"] = (
                f"{_words(cell)}: the ceiling must be pounds and pence, like 950.00."
            )
            return None
        return amount


def _pounds(amount: Decimal | None) -> str:
    if amount is None:
        return ""
    return str(int(amount)) if amount == int(amount) else f"{amount:.2f}"


def _names(cell: CellRow) -> tuple[str, str]:
    return f"weeks-{cell.id}", f"ceiling-{cell.id}"


def _words(cell: CellRow) -> str:
    return f"{cell.placement_type}, {cell.need_category.lower()}, age {cell.age_band}"
