"""What a placement officer says of a child. Sent as a GET, so that a search can be shared; never a name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    Field,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, NumberRange, Optional

from portal.frameworks.queries import list_need_categories, list_placement_types
from portal.matching.needs import MOST_CHILDREN, Child, Needs
from portal.matching.queries import WISHES
from portal.vacancies.queries import is_known_outward, list_districts
from portal.vacancies.states import Accessibility, Coded, Ethnicity, Gender, Language, Pet, Religion, Skill

AGE = NumberRange(0, 21, message="Age must be a whole number from 0 to 21")
GENDERS = {Gender.FEMALE: "Girl", Gender.MALE: "Boy", Gender.ANY: "Another, or not known"}
WITHIN_MILES = (5, 10, 15, 20, 30, 50)
# Wishes that are kept as true alone.
YES_OR_NOTHING = ("solo", "no_other_children", "smoke_free", "two_carers", "driver")
SEVERAL = ("districts", "accessibility", "skills", "avoid_pets")
# What most searches mean as a must-have when nobody has said.
MUSTS_AT_FIRST = ("districts",)


def _upper(text: str | None) -> str:
    return (text or "").strip().upper()


def _choices(kind: type[Coded], empty: str | None = None) -> list[SelectChoice]:
    listed = [SelectChoice(member.value, member.label) for member in kind]
    return listed if empty is None else [SelectChoice("", empty), *listed]


def _outward(label: str, description: str) -> StringField:
    return StringField(label, validators=[Optional()], filters=[_upper], description=description)


class NeedsForm(FlaskForm):  # type: ignore[misc]
    """A child's needs. `must` names the wishes that are must-haves; the others are preferences."""

    class Meta:
        csrf = False

    age = IntegerField(
        "Age",
        validators=[InputRequired("Enter the child’s age"), AGE],
    )
    gender = RadioField(
        "Gender",
        choices=[SelectChoice(gender.value, label) for gender, label in GENDERS.items()],
        validators=[InputRequired("Choose the child’s gender")],
    )
    apart = BooleanField("They may live apart, each in a household of their own")
    placement_type = SelectField("Type of placement")
    need_category = SelectField("Level of need")
    needed_from = DateField("Needed from", validators=[Optional()])
    districts = SelectMultipleField("Districts", description="None chosen means anywhere.")
    near = _outward("Near the first part of a postcode", "Such as home: ME10.")
    miles = SelectField(
        "Within about",
        choices=[SelectChoice(str(miles), f"{miles} miles") for miles in WITHIN_MILES],
        default="10",
    )
    school = _outward("School’s first part of the postcode", "Such as ME10: carers who can drive there.")
    language = SelectField("Language", choices=_choices(Language, "Any"), default="")
    language_2 = SelectField("Or", choices=_choices(Language, "No other"), default="")
    religion = SelectField("Religion", choices=_choices(Religion, "Any"), default="")
    ethnicity = SelectField("Ethnicity", choices=_choices(Ethnicity, "Any"), default="")
    accessibility = SelectMultipleField("Accessibility", choices=_choices(Accessibility))
    skills = SelectMultipleField("Carers’ skills", choices=_choices(Skill))
    avoid_pets = SelectMultipleField("Animals that cannot be in the home", choices=_choices(Pet))
    solo = BooleanField("The only child placed there")
    no_other_children = BooleanField("No other children at home")
    smoke_free = BooleanField("Nobody smokes or vapes")
    two_carers = BooleanField("Two carers")
    driver = BooleanField("A carer who drives")
    must = SelectMultipleField(choices=[SelectChoice(name, wish.label) for name, wish in WISHES.items()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.placement_type.choices = [SelectChoice(kind.code, kind.label) for kind in list_placement_types()]
        self.need_category.choices = [SelectChoice(kind.code, kind.label) for kind in list_need_categories()]
        self.districts.choices = [SelectChoice(one.gss_code, one.name) for one in list_districts()]

    def validate_near(self, field: StringField) -> None:
        if not is_known_outward(field.data or ""):
            raise ValidationError("Enter the first part of a real postcode, such as ME10")

    validate_school = validate_near

    def needs(self) -> Needs:
        """What was asked, once the form is valid."""
        wishes = self._wishes()
        return Needs(
            children=tuple(self._children()),
            placement_type=str(self.placement_type.data),
            need_category=str(self.need_category.data),
            apart=bool(self.apart.data) and len(list(self._children())) > 1,
            wishes=wishes,
            musts=frozenset(name for name in self.must.data or () if name in wishes),
        )

    def _children(self) -> Iterable[Child]:
        for age, gender in ((self.age, self.gender), *self.siblings):
            if age.data is not None:
                yield Child(age.data, Gender(gender.data or Gender.ANY.value))

    @property
    def siblings(self) -> list[tuple[Field, Field]]:
        """The rows for brothers and sisters."""
        return [(self[f"age_{number}"], self[f"gender_{number}"]) for number in range(2, MOST_CHILDREN + 1)]

    def _wishes(self) -> dict[str, Any]:
        wishes: dict[str, Any] = {name: tuple(self[name].data) for name in SEVERAL if self[name].data}
        if self.near.data:
            wishes["near"] = (self.near.data, int(self.miles.data))
        if self.needed_from.data:
            wishes["needed_from"] = self.needed_from.data.isoformat()
        languages = [code for code in (self.language.data, self.language_2.data) if code]
        if languages:
            wishes["languages"] = tuple(dict.fromkeys(languages))
        wishes |= {name: self[name].data for name in ("school", "religion", "ethnicity") if self[name].data}
        return wishes | {name: True for name in YES_OR_NOTHING if self[name].data}


for _number in range(2, MOST_CHILDREN + 1):
    setattr(
        NeedsForm,
        f"age_{_number}",
        IntegerField(f"Age of child {_number}", validators=[Optional(), AGE]),
    )
    setattr(
        NeedsForm,
        f"gender_{_number}",
        SelectField(
            f"Gender of child {_number}",
            choices=[SelectChoice(gender.value, label) for gender, label in GENDERS.items()],
            default=Gender.ANY.value,
        ),
    )


def arguments(needs: Needs) -> dict[str, Any]:
    """A search as the arguments of its address; what was not asked for is left out."""
    first, *others = needs.children
    asked: dict[str, Any] = {"age": first.age, "gender": first.gender.value}
    for number, child in enumerate(others, 2):
        asked |= {f"age_{number}": child.age, f"gender_{number}": child.gender.value}
    if needs.apart:
        asked["apart"] = "y"
    asked |= {"placement_type": needs.placement_type, "need_category": needs.need_category}
    for name, value in needs.wishes.items():
        asked |= _argument(name, value)
    if needs.musts:
        asked["must"] = sorted(needs.musts)
    return asked


def _argument(name: str, value: Any) -> dict[str, Any]:
    if name == "near":
        return {"near": value[0], "miles": value[1]}
    if name == "languages":
        return dict(zip(("language", "language_2"), value, strict=False))
    if name in YES_OR_NOTHING:
        return {name: "y"}
    return {name: list(value) if isinstance(value, tuple) else value}
