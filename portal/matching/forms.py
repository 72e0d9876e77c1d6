"""What a placement officer says of a child. Sent as a GET, so that a search can be shared; never a name."""

from __future__ import annotations

from typing import Any, cast

from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, SelectField, SelectMultipleField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, NumberRange, Optional

from portal.frameworks.queries import list_need_categories, list_placement_types
from portal.matching.queries import Needs
from portal.vacancies.queries import is_known_outward, list_districts
from portal.vacancies.states import Gender


class NeedsForm(FlaskForm):  # type: ignore[misc]
    """A child's needs."""

    class Meta:
        csrf = False

    age = IntegerField(
        "Age",
        validators=[
            InputRequired("Enter the child’s age"),
            NumberRange(0, 21, message="Age must be a whole number from 0 to 21"),
        ],
        description="In whole years.",
    )
    gender = RadioField(
        "Gender",
        choices=[
            SelectChoice(Gender.FEMALE.value, "Girl"),
            SelectChoice(Gender.MALE.value, "Boy"),
            SelectChoice(Gender.ANY.value, "Another, or not known"),
        ],
        validators=[InputRequired("Choose the child’s gender")],
    )
    placement_type = SelectField("Type of placement")
    need_category = SelectField("Level of need")
    children = IntegerField(
        "Children to be placed together",
        default=1,
        validators=[
            InputRequired("Enter how many children"),
            NumberRange(1, 8, message="Enter a number from 1 to 8"),
        ],
        description="1, or the number of brothers and sisters, this child included.",
    )
    districts = SelectMultipleField(
        "Districts", description="None chosen means anywhere, also outside Kent and Medway."
    )
    outward_postcode = StringField(
        "Near the first part of a postcode",
        validators=[Optional()],
        filters=[lambda text: (text or "").strip().upper()],
        description="Optional, such as the child’s school: ME10. Shows about how far away each household is.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.placement_type.choices = [SelectChoice(kind.code, kind.label) for kind in list_placement_types()]
        self.need_category.choices = [SelectChoice(kind.code, kind.label) for kind in list_need_categories()]
        self.districts.choices = [SelectChoice(one.gss_code, one.name) for one in list_districts()]

    def validate_outward_postcode(self, field: StringField) -> None:
        if not is_known_outward(field.data or ""):
            raise ValidationError("Enter the first part of a real postcode, such as ME10")

    def needs(self) -> Needs:
        """What was asked, once the form is valid."""
        return Needs(
            age=cast(int, self.age.data),
            gender=Gender(self.gender.data),
            placement_type=str(self.placement_type.data),
            need_category=str(self.need_category.data),
            districts=tuple(self.districts.data or ()),
            children=cast(int, self.children.data),
            outward_postcode=self.outward_postcode.data or None,
        )
