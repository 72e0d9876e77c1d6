"""Forms about carer households: shape and plain help. What must fit together is checked by the services."""

from __future__ import annotations

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

from portal.frameworks.queries import list_need_categories, list_placement_types
from portal.vacancies.models import Vacancy
from portal.vacancies.queries import list_districts
from portal.vacancies.services import Household
from portal.vacancies.states import Gender

OUTSIDE = "outside"
GENDERS = {Gender.ANY: "Any child", Gender.FEMALE: "Girls only", Gender.MALE: "Boys only"}


def _number(label: str, missing: str, most: int, *, least: int = 0, description: str = "") -> IntegerField:
    wrong = f"{label} must be a whole number from {least} to {most}"
    return IntegerField(
        label,
        description=description,
        validators=[InputRequired(missing), NumberRange(least, most, message=wrong)],
    )


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
    over_usual_limit_from = DateField(
        "Date of the exemption, if approved for more than 3",
        validators=[Optional()],
        description="The carers’ authority allowed more than usual, or all are brothers and sisters.",
    )
    placed_now = _number("Children placed now", "Enter how many children are placed now, or 0", 12)
    free_places = _number(
        "Places free",
        "Enter how many places are free",
        12,
        description="Places you could fill, not only empty beds.",
    )
    available_from = DateField(
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
    placement_types = SelectMultipleField("Placement types")
    need_categories = SelectMultipleField("Levels of need the carers can meet")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.placement_types.choices = [
            SelectChoice(kind.code, kind.label) for kind in list_placement_types()
        ]
        self.need_categories.choices = [
            SelectChoice(kind.code, kind.label) for kind in list_need_categories()
        ]
        self.district_code.choices = [
            SelectChoice("", "Choose a district"),
            *(SelectChoice(district.gss_code, district.name) for district in list_districts()),
            SelectChoice(OUTSIDE, "Outside Kent and Medway"),
        ]

    def household(self) -> Household:
        """What was typed, for the service to judge."""
        district = str(self.district_code.data)
        return Household(
            **{
                name: self[name].data
                for name in Household.__dataclass_fields__
                if name not in {"district_code", "gender"}
            },
            district_code=None if district == OUTSIDE else district,
            gender=Gender(self.gender.data),
        )


def filled_in(vacancy: Vacancy) -> HouseholdForm:
    """The form as it is to be shown for a household that is on record."""
    return HouseholdForm(obj=vacancy, data={"district_code": vacancy.district_code or OUTSIDE})


class HoldForm(FlaskForm):  # type: ignore[misc]
    """Until when a place is kept for somebody."""

    version = HiddenField()
    until = DateField(
        "Last day of the hold",
        validators=[InputRequired("Enter the last day of the hold")],
        description="From the next day the places count as free again by themselves.",
    )


class ReopenForm(FlaskForm):  # type: ignore[misc]
    """How many places of a filled household are free again, and from when."""

    version = HiddenField()
    free_places = _number("Places free", "Enter how many places are free", 12, least=1)
    available_from = DateField(
        "Available from", validators=[InputRequired("Enter the date from which the places are free")]
    )
