"""The form of how a person wishes to be told."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Length

from portal.notifications.models import NotificationSettings
from portal.notifications.states import NOT_FOR_COUNCILS, NOT_FOR_PROVIDERS, Topic

CONSENT = (
    "By giving a number you agree to be texted what is urgent, such as a deadline that is close or an enquiry to"
    " answer today. We use the number for nothing else. Clear the box to stop."
)


class SettingsForm(FlaskForm):  # type: ignore[misc]
    """Topics to hear of once a day, and a mobile number for what is urgent."""

    version = HiddenField()
    digest_topics = SelectMultipleField(
        "Send me one email a day about",
        description="It comes at 8am. What you leave unticked is emailed to you at once.",
    )
    mobile = StringField(
        "Mobile number for urgent text messages (optional)", [Length(max=40)], description=CONSENT
    )

    kept_number: str = ""

    @classmethod
    def of(cls, person: Any, settings: NotificationSettings | None) -> SettingsForm:
        """The form with this person's choices, and the topics that concern their side."""
        topics = settings.digest_topics if settings is not None else []
        form = cls(
            version=settings.version if settings is not None else "",
            digest_topics=topics,
            mobile=settings.mobile if settings is not None else "",
        )
        form.kept_number = (settings.mobile or "") if settings is not None else ""
        others = NOT_FOR_COUNCILS if person.is_council else NOT_FOR_PROVIDERS
        form.digest_topics.choices = [
            SelectChoice(topic.value, topic.label) for topic in Topic if topic not in others
        ]
        return form

    @property
    def topics(self) -> list[Topic]:
        return [Topic(value) for value in self.digest_topics.data or ()]

    @property
    def number(self) -> str:
        """What was typed, or what was kept where no number is asked for."""
        return self.mobile.data or "" if self.mobile.raw_data else self.kept_number
