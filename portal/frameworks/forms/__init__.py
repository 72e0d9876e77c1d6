"""Forms about rounds and their question sets."""

from portal.frameworks.forms.amendments import AmendmentForm
from portal.frameworks.forms.basket import BasketForm
from portal.frameworks.forms.fields import uk_moment
from portal.frameworks.forms.questions import (
    QuestionForm,
    SectionForm,
    WeightsForm,
    first_values,
    question_form,
    question_values,
    section_form,
)
from portal.frameworks.forms.rounds import (
    CancelForm,
    ConfirmForm,
    ExtensionForm,
    NewRoundForm,
    RoundForm,
    extension_values,
    round_values,
)

__all__ = [
    "AmendmentForm",
    "BasketForm",
    "CancelForm",
    "ConfirmForm",
    "ExtensionForm",
    "NewRoundForm",
    "QuestionForm",
    "RoundForm",
    "SectionForm",
    "WeightsForm",
    "extension_values",
    "first_values",
    "question_form",
    "question_values",
    "round_values",
    "section_form",
    "uk_moment",
]
