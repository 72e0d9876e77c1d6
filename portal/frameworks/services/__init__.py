"""What a commissioner does with rounds: make, edit, publish, extend, cancel; and what they start from."""

from portal.frameworks.services.defaults import (
    create_default_questions,
    load_framework,
    load_reference_lists,
    spread_quality_weight,
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

__all__ = [
    "RoundTerms",
    "Volume",
    "cancel_round",
    "create_default_questions",
    "create_round",
    "edit_round",
    "extend_deadline",
    "load_framework",
    "load_reference_lists",
    "publish_round",
    "set_volumes",
    "spread_quality_weight",
]
