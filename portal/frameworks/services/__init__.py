"""What a commissioner does with rounds: make, edit, publish, extend, cancel; and what they start from."""

from portal.frameworks.services.amendments import Wording, draft_amendment, publish_amendment
from portal.frameworks.services.clarifications import (
    MayExpose,
    answer_privately,
    ask_clarification,
    correct_note,
    publish_answer,
    tell_asker,
    tell_commissioners,
)
from portal.frameworks.services.defaults import (
    create_default_questions,
    load_framework,
    load_reference_lists,
)
from portal.frameworks.services.questions import (
    add_question,
    add_section,
    edit_question,
    edit_section,
    move_question,
    move_section,
    remove_question,
    remove_section,
)
from portal.frameworks.services.rounds import (
    RoundTerms,
    Volume,
    cancel_round,
    create_round,
    edit_round,
    extend_deadline,
    publish_round,
    set_volumes,
)
from portal.frameworks.services.weights import Scoring, scale_weights, set_weights, spread_quality_weight
from portal.frameworks.services.wording import (
    QuestionTerms,
    SectionTerms,
    kinds_for,
    mark_of,
    may_be_scored,
)

__all__ = [
    "MayExpose",
    "QuestionTerms",
    "RoundTerms",
    "Scoring",
    "SectionTerms",
    "Volume",
    "Wording",
    "add_question",
    "add_section",
    "answer_privately",
    "ask_clarification",
    "cancel_round",
    "correct_note",
    "create_default_questions",
    "create_round",
    "draft_amendment",
    "edit_question",
    "edit_round",
    "edit_section",
    "extend_deadline",
    "kinds_for",
    "load_framework",
    "load_reference_lists",
    "mark_of",
    "may_be_scored",
    "move_question",
    "move_section",
    "publish_amendment",
    "publish_answer",
    "publish_round",
    "remove_question",
    "remove_section",
    "scale_weights",
    "set_volumes",
    "set_weights",
    "spread_quality_weight",
    "tell_asker",
    "tell_commissioners",
]
