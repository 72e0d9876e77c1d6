"""Making a key: shape only."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import AnyOf, InputRequired

from portal.keys.states import Scope

LASTS = {"30": "30 days", "90": "90 days", "365": "1 year"}


class KeyForm(FlaskForm):  # type: ignore[misc]
    """A name, what the key is for, and how long it lasts."""

    once = HiddenField(default=lambda: str(uuid.uuid4()))
    name = StringField(
        "Name",
        validators=[InputRequired("Enter a name for the key")],
        description="The system that will use it, such as Case management, live. Nobody’s name.",
    )
    scopes = SelectMultipleField(
        "What is the key for?",
        validate_choice=False,
        validators=[InputRequired("Choose at least one thing that the key is for")],
        description="Choose as little as the system needs. A key never does more than you may do yourself.",
    )
    days = RadioField(
        "How long does it last?",
        choices=[SelectChoice(days, words) for days, words in LASTS.items()],
        default="90",
        validate_choice=False,
        validators=[AnyOf(LASTS, "Choose how long the key lasts")],
        description="We write to you 14 days and 2 days before it expires.",
    )

    def offer(self, scopes: Iterable[Scope]) -> None:
        """These are what a key can be made for."""
        self.scopes.choices = [SelectChoice(scope.value, scope.label) for scope in scopes]

    @property
    def chosen(self) -> list[Scope]:
        return [Scope(name) for name in self.scopes.data or () if name in set(Scope)]
