"""What can be done with an application: draft, price, declare, submit, withdraw, open, read on record."""

from portal.applications.services.answers import (
    answer_field,
    answer_seen,
    both_texts,
    clean_text,
    clean_value,
)
from portal.applications.services.carrying import carry_over
from portal.applications.services.clarifying import answer_request, request_clarification
from portal.applications.services.comments import add_comment, reopen_comment, resolve_comment
from portal.applications.services.deadline import DeadlinePassed, is_late
from portal.applications.services.discarding import discard_changes
from portal.applications.services.drafting import (
    AnswerConflict,
    confirm_answer,
    save_answer,
    start_application,
)
from portal.applications.services.files import (
    AlreadyAttached,
    attach_document,
    describe_document,
    promise_on_award,
    remove_document,
)
from portal.applications.services.infection import tell_of_infected_file, tell_of_infected_files
from portal.applications.services.late import record_late_attempt
from portal.applications.services.opening import (
    confirm_opening,
    record_access,
    record_accesses,
    request_opening,
)
from portal.applications.services.previewing import record_preview
from portal.applications.services.pricing import (
    PriceConflict,
    price_field,
    price_mark,
    problem_with_fee,
    save_prices,
    stored_mark,
)
from portal.applications.services.receipts import (
    render_receipt,
    to_the_second,
    verify_receipt,
    write_manifest,
)
from portal.applications.services.reminders import remind
from portal.applications.services.seen import ChangedSinceShown, Edit, content_mark
from portal.applications.services.snapshot import declaration_text
from portal.applications.services.standing_instruction import (
    cancel_instruction,
    carry_out,
    carry_out_before_opening,
    instruct,
)
from portal.applications.services.submitting import (
    declare,
    has_working_copy,
    sign_and_submit,
    submit_application,
    withdraw_application,
)
from portal.applications.services.telling import tell_applicant
from portal.applications.services.word_file import answer_in_words, compose_word_file
from portal.pricing.modifiers import is_unusual

__all__ = [
    "AlreadyAttached",
    "AnswerConflict",
    "ChangedSinceShown",
    "DeadlinePassed",
    "Edit",
    "PriceConflict",
    "add_comment",
    "answer_field",
    "answer_in_words",
    "answer_request",
    "answer_seen",
    "attach_document",
    "both_texts",
    "cancel_instruction",
    "carry_out",
    "carry_out_before_opening",
    "carry_over",
    "clean_text",
    "clean_value",
    "compose_word_file",
    "confirm_answer",
    "confirm_opening",
    "content_mark",
    "declaration_text",
    "declare",
    "describe_document",
    "discard_changes",
    "has_working_copy",
    "instruct",
    "is_late",
    "is_unusual",
    "price_field",
    "price_mark",
    "problem_with_fee",
    "promise_on_award",
    "record_access",
    "record_accesses",
    "record_late_attempt",
    "record_preview",
    "remind",
    "remove_document",
    "render_receipt",
    "reopen_comment",
    "request_clarification",
    "request_opening",
    "resolve_comment",
    "save_answer",
    "save_prices",
    "sign_and_submit",
    "start_application",
    "stored_mark",
    "submit_application",
    "tell_applicant",
    "tell_of_infected_file",
    "tell_of_infected_files",
    "to_the_second",
    "verify_receipt",
    "withdraw_application",
    "write_manifest",
]
