"""Forms about carer households: shape and plain help. What must fit together is checked by the services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, NumberRange, Optional

from portal.frameworks.queries import list_age_bands, list_need_categories, list_placement_types
from portal.vacancies.models import Vacancy
from portal.vacancies.queries import OUTSIDE, list_districts
from portal.vacancies.services import Household
from portal.vacancies.states import (
    Accessibility,
    Coded,
    Ethnicity,
    Gender,
    Language,
    OverUsualLimit,
    Pet,
    Religion,
    Skill,
    Smoking,
)

NOT_SAID = "Not said"
YES_NO = {"yes": True, "no": False, None: None}
GENDERS = {Gender.ANY: "Any child", Gender.FEMALE: "Girls only", Gender.MALE: "Boys only"}


class WholeNumber(IntegerField):
    """Says in plain words what it wants."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(f"{self.label.text} must be a whole number, in figures") from error


class Day(DateField):
    """Says in plain words what it wants."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(f"{self.label.text}: enter a real date") from error


def _number(label: str, missing: str, most: int, *, least: int = 0, description: str = "") -> WholeNumber:
    wrong = f"{label} must be a whole number from {least} to {most}"
    return WholeNumber(
        label,
        description=description,
        validators=[InputRequired(missing), NumberRange(least, most, message=wrong)],
    )


def _maybe_number(label: str, most: int, *, least: int = 0, description: str = "") -> WholeNumber:
    wrong = f"{label} must be a whole number from {least} to {most}"
    return WholeNumber(
        label, description=description, validators=[Optional(), NumberRange(least, most, message=wrong)]
    )


def _choices(words: dict[str, str], not_said: str | None = None) -> list[SelectChoice]:
    first = [] if not_said is None else [SelectChoice("", not_said)]
    return first + [SelectChoice(code, label) for code, label in words.items()]


def labels(kind: type[Coded]) -> dict[str, str]:
    """A code list as it is chosen from."""
    return {code.value: code.label for code in kind}


def _code(value: str | None) -> str | None:
    """Nothing chosen is nothing said."""
    return value or None


class HouseholdForm(FlaskForm):  # type: ignore[misc]
    """One carer household, new or changed."""

    once = HiddenField()
    version = HiddenField()
    carer_reference = StringField(
        "Your reference for this household",
        validators=[InputRequired("Enter your own reference for this carer household")],
        description="Your own code, such as KF-0142. Never a name, an address or a date of birth.",
    )
    district_code = SelectField("District", description="Where the household is.")
    outward_postcode = StringField(
        "First part of the postcode",
        validators=[InputRequired("Enter the first part of the postcode, such as ME10")],
        description="Such as ME10. Never the whole postcode.",
    )
    approved_places = _number(
        "Places approved for", "Enter how many places the carers are approved for", 12, least=1
    )
    over_usual_limit = SelectField("Why there may be more than 3, if approved for more", coerce=_code)
    over_usual_limit_from = Day("Since when there may be more than 3", validators=[Optional()])
    placed_now = _number("Children placed now", "Enter how many children are placed now, or 0", 12)
    free_places = _number(
        "Places free",
        "Enter how many places are free",
        12,
        description="Places you could fill, not only empty beds.",
    )
    available_from = Day(
        "Available from", validators=[InputRequired("Enter the date from which the places are free")]
    )
    age_from = _number("Youngest age", "Enter the youngest age", 18)
    age_to = _number("Oldest age", "Enter the oldest age", 21)
    gender = RadioField(
        "Who can be placed here", choices=[SelectChoice(k.value, v) for k, v in GENDERS.items()]
    )
    siblings_together = _number(
        "Brothers and sisters together, up to",
        "Enter how many brothers and sisters can live here together, or 1",
        12,
        least=1,
        description="Enter 1 if siblings cannot be placed together here.",
    )
    is_solo_only = BooleanField("One child alone: no other child in placement at the same time")
    no_younger_child = BooleanField("No child younger than those who live here")
    placement_types = SelectMultipleField("Placement types")
    need_categories = SelectMultipleField("Levels of need the carers can meet")
    bedrooms = _maybe_number("Bedrooms for fostered children", 12, least=1)
    carers = RadioField("Carers", choices=_choices({"1": "One", "2": "Two"}, NOT_SAID), coerce=_code)
    other_children = SelectMultipleField("Ages of the carers’ own children at home")
    pets = SelectMultipleField("Animals", choices=_choices(labels(Pet)))
    smoking = RadioField(
        "Does anybody here smoke or vape?", choices=_choices(labels(Smoking)), default=Smoking.NO.value
    )
    accessibility = SelectMultipleField("Access", choices=_choices(labels(Accessibility)))
    is_driver = RadioField(
        "Does a carer drive?", choices=_choices({"yes": "Yes", "no": "No"}, NOT_SAID), coerce=_code
    )
    school_run_miles = _maybe_number(
        "School run, up to", 50, description="How many miles the carers would drive to school, one way."
    )
    ethnicity = SelectField(
        "Ethnicity of the carers", choices=_choices(labels(Ethnicity), NOT_SAID), coerce=_code
    )
    religion = SelectField(
        "Religion of the carers", choices=_choices(labels(Religion), NOT_SAID), coerce=_code
    )
    languages = SelectMultipleField("Languages besides English", choices=_choices(labels(Language)))
    skills = SelectMultipleField(
        "What the carers are trained in or have done", choices=_choices(labels(Skill))
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.placement_types.choices = [
            SelectChoice(kind.code, kind.label) for kind in list_placement_types()
        ]
        self.need_categories.choices = [
            SelectChoice(kind.code, kind.label) for kind in list_need_categories()
        ]
        self.other_children.choices = [SelectChoice(band.code, band.label) for band in list_age_bands()]
        self.over_usual_limit.choices = _choices(labels(OverUsualLimit), "Not approved for more than 3")
        self.district_code.choices = [
            SelectChoice("", "Choose a district"),
            *(SelectChoice(district.gss_code, district.name) for district in list_districts()),
            SelectChoice(OUTSIDE, "Outside Kent and Medway"),
        ]

    def household(self) -> Household:
        """What was typed, for the service to judge."""
        return Household(**self.said(tuple(Household.__dataclass_fields__)))

    def said(self, names: tuple[str, ...]) -> dict[str, Any]:
        """What was typed in these fields, as the columns take it."""
        return {name: READ.get(name, _as_it_is)(self[name].data) for name in names}


def _as_it_is(typed: Any) -> Any:
    return typed


# How what is chosen in these fields becomes what is kept.
READ: dict[str, Callable[[Any], Any]] = {
    "district_code": lambda typed: None if typed == OUTSIDE else str(typed),
    "gender": Gender,
    "smoking": Smoking,
    "over_usual_limit": lambda typed: OverUsualLimit(typed) if typed else None,
    "carers": lambda typed: int(typed) if typed else None,
    "is_driver": YES_NO.__getitem__,
}


def as_typed(vacancy: Vacancy) -> dict[str, Any]:
    """What is on record of a household, as its fields show it."""
    known = {name: getattr(vacancy, name) for name in ("version", *Household.__dataclass_fields__)}
    return {
        **known,
        "district_code": vacancy.district_code or OUTSIDE,
        "carers": str(vacancy.carers) if vacancy.carers else None,
        "is_driver": {drives: word for word, drives in YES_NO.items()}[vacancy.is_driver],
    }


def filled_in(vacancy: Vacancy) -> HouseholdForm:
    """The form as it is to be shown for a household that is on record."""
    return HouseholdForm(data=as_typed(vacancy))


class HoldForm(FlaskForm):  # type: ignore[misc]
    """Until when a place is kept for somebody."""

    version = HiddenField()
    until = Day(
        "Last day of the hold",
        validators=[InputRequired("Enter the last day of the hold")],
        description="From the next day the places count as free again by themselves.",
    )


class ReopenForm(FlaskForm):  # type: ignore[misc]
    """How many places of a filled household are free again, and from when."""

    version = HiddenField()
    free_places = _number("Places free", "Enter how many places are free", 12, least=1)
    available_from = Day(
        "Available from", validators=[InputRequired("Enter the date from which the places are free")]
    )
