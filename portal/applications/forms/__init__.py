"""Forms built from a round's questions and from its price schedule, and the smaller ones around them."""

from portal.applications.forms.answering import DateOfAnswer, SectionForm, section_form
from portal.applications.forms.files import FilesForm, files_form
from portal.applications.forms.pricing import PriceForm, describe_fees, not_offered_field, price_form
from portal.applications.forms.steps import (
    CarryOverForm,
    CommentForm,
    ConfirmForm,
    DayField,
    DeclarationForm,
    FileDetailsForm,
    VerifyForm,
    WithdrawForm,
)

__all__ = [
    "CarryOverForm",
    "CommentForm",
    "ConfirmForm",
    "DateOfAnswer",
    "DayField",
    "DeclarationForm",
    "FileDetailsForm",
    "FilesForm",
    "PriceForm",
    "SectionForm",
    "VerifyForm",
    "WithdrawForm",
    "describe_fees",
    "files_form",
    "not_offered_field",
    "price_form",
    "section_form",
]
