"""What every endpoint for machines shares: keys, problems, limits, replies kept, cursors and their description.

Features declare endpoints in their `api.py` with `@operation`; the same services and policies as the pages do the work.
"""

from portal.core.rest.admission import Admission, Window, admitted
from portal.core.rest.edge import Answer, caller, check_match, etag_of, init_app, seen_version
from portal.core.rest.operations import Operation, operation, operation_of, operations
from portal.core.rest.pages import Paged, cut, read_cursor
from portal.core.rest.place import ROOT, is_machine
from portal.core.rest.problems import PROBLEMS, FieldErrors, Problem

__all__ = [
    "PROBLEMS",
    "ROOT",
    "Admission",
    "Answer",
    "FieldErrors",
    "Operation",
    "Paged",
    "Problem",
    "Window",
    "admitted",
    "caller",
    "check_match",
    "cut",
    "etag_of",
    "init_app",
    "is_machine",
    "operation",
    "operation_of",
    "operations",
    "read_cursor",
    "seen_version",
]
