"""What can be done with an application: draft, price, declare, submit, withdraw, open, read on record."""

from portal.applications.services.answers import answer_field, clean_value
from portal.applications.services.deadline import DeadlinePassed, is_late, record_late_attempt
from portal.applications.services.drafting import (
    AnswerConflict,
    attach_document,
    remove_document,
    save_answer,
    start_application,
)
from portal.applications.services.opening import confirm_opening, record_access, request_opening
from portal.applications.services.pricing import (
    is_unusual,
    price_field,
    problem_with_fee,
    save_prices,
    schedule_seen,
)
from portal.applications.services.snapshot import compose_content, declaration_text, fingerprint
from portal.applications.services.submitting import (
    declare,
    has_working_copy,
    submit_application,
    withdraw_application,
)

__all__ = [
    "AnswerConflict",
    "DeadlinePassed",
    "answer_field",
    "attach_document",
    "clean_value",
    "compose_content",
    "confirm_opening",
    "declaration_text",
    "declare",
    "fingerprint",
    "has_working_copy",
    "is_late",
    "is_unusual",
    "price_field",
    "problem_with_fee",
    "record_access",
    "record_late_attempt",
    "remove_document",
    "request_opening",
    "save_answer",
    "save_prices",
    "schedule_seen",
    "start_application",
    "submit_application",
    "withdraw_application",
]
