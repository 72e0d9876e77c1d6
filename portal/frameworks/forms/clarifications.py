"""Forms for asking a question about a round, and for answering one."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, Optional

from portal.frameworks.anonymity import Exposure
from portal.frameworks.states import NoteKind
from portal.providers.models import Organisation

LONGEST = 5000
TOO_LONG = Length(max=LONGEST, message=f"Shorten this to {LONGEST:,} characters or fewer.")
# What neither a page nor a feed may hold.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


def plain(text: str | None) -> str:
    """Typed text without space around it and without control characters."""
    return CONTROL.sub("", (text or "").replace("\r\n", "\n")).strip()


class Confirming(FlaskForm):  # type: ignore[misc]
    """A form that may have to be confirmed: `hints_seen` are the words that were shown beside the box."""

    confirms = BooleanField("These words identify nobody", default=False)
    hints_seen = HiddenField()

    @property
    def accepted(self) -> Collection[str]:
        """The words that whoever ticked the box had been shown."""
        return (self.hints_seen.data or "").split("\n") if self.confirms.data else ()

    def show_hints(self, hints: Sequence[Exposure]) -> None:
        """Ask about these words, afresh: a tick counts for what was shown with it."""
        self.hints_seen.data = "\n".join(hint.words for hint in hints)
        self.confirms.data = False


class AskForm(Confirming):
    """A question of a provider."""

    once = HiddenField()
    organisation_id = SelectField("Who asks")
    question = TextAreaField(
        "Your question",
        [InputRequired("Write your question."), TOO_LONG],
        filters=[plain],
        description="Leave out your agency’s name, its URN and people’s names. The councils may publish your"
        " words with the answer.",
    )

    def offer(self, organisations: Sequence[Organisation]) -> None:
        """The organisations in whose name the person may ask."""
        self.organisation_id.choices = [
            SelectChoice(str(one.id), f"{one.legal_name} ({one.urn or one.town})") for one in organisations
        ]


class AnswerForm(Confirming):
    """An officer's answer, to everybody or to the asker alone."""

    version = HiddenField()
    audience = RadioField(
        "Who gets the answer",
        [InputRequired("Choose who gets the answer.")],
        choices=[
            SelectChoice("everyone", "Everybody: publish question and answer"),
            SelectChoice("asker", "Only whoever asked, with a reason that is kept on record"),
        ],
    )
    question = TextAreaField(
        "The question as it will be published",
        [Optional(), TOO_LONG],
        filters=[plain],
        description="Change the words where they could tell who asked. The question as it was asked is kept.",
    )
    answer = TextAreaField("Answer", [InputRequired("Write the answer."), TOO_LONG], filters=[plain])
    reason = TextAreaField(
        "Reason for a private answer",
        [Optional(), TOO_LONG],
        filters=[plain],
        description="Only when you answer privately: why this must not go to everybody, such as a trade secret.",
    )


class CorrectionForm(Confirming):
    """A correction or withdrawal of a published answer."""

    kind = RadioField(
        "What to do",
        [InputRequired("Choose what to do.")],
        choices=[
            SelectChoice(NoteKind.CORRECTION.value, "Publish a corrected answer"),
            SelectChoice(NoteKind.WITHDRAWAL.value, "Withdraw the answer"),
        ],
    )
    answer = TextAreaField(
        "Corrected answer, or why it is withdrawn",
        [InputRequired("Write what will be published."), TOO_LONG],
        filters=[plain],
    )
