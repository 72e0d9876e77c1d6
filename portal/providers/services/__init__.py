"""What people do about provider organisations: load the register, register, join, verify."""

from portal.providers.services.ofsted_file import BadRegisterFile, RegisterFile, parse
from portal.providers.services.register import import_register, load_shipped_register
from portal.providers.services.registration import (
    CHOSEN_STANDINGS,
    Contact,
    Details,
    answer_join_request,
    ask_to_join,
    edit_contact,
    register_organisation,
)
from portal.providers.services.verification import refuse_organisation, verify_organisation

__all__ = [
    "CHOSEN_STANDINGS",
    "BadRegisterFile",
    "Contact",
    "Details",
    "RegisterFile",
    "answer_join_request",
    "ask_to_join",
    "edit_contact",
    "import_register",
    "load_shipped_register",
    "parse",
    "refuse_organisation",
    "register_organisation",
    "verify_organisation",
]
