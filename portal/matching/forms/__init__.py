"""Forms of matching: a child's needs, enquiries and their answers, choices and placements."""

from portal.matching.forms.answering import OfferForm, TurnDownForm
from portal.matching.forms.asking import AskForm, CloseForm, InHouseForm, SaveForm
from portal.matching.forms.needs import NeedsForm, arguments
from portal.matching.forms.placing import AbandonForm, ChooseForm, DeclineForm, EndForm, StartForm

__all__ = [
    "AbandonForm",
    "AskForm",
    "ChooseForm",
    "CloseForm",
    "DeclineForm",
    "EndForm",
    "InHouseForm",
    "NeedsForm",
    "OfferForm",
    "SaveForm",
    "StartForm",
    "TurnDownForm",
    "arguments",
]
