"""What a commissioner does with rounds: make, edit, publish, extend, cancel; and the defaults they start from."""

from portal.frameworks.services.defaults import create_default_questions, load_reference_lists

__all__ = ["create_default_questions", "load_reference_lists"]
