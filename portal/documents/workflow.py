"""The lifecycle of a file through scanning (domain handbook §3). The scan job acts with `by=None`."""

from __future__ import annotations

from portal.accounts.models import Person
from portal.core.access import Verdict, denied
from portal.core.transitions import Lifecycle, Transition
from portal.documents import policy
from portal.documents.models import Document
from portal.documents.states import DocumentState

S = DocumentState


def _scanner_only(_: Person, __: Document) -> Verdict:
    return denied("Only the scanner can judge a file.")


def _scanned(name: str, title: str, target: DocumentState) -> Transition:
    return Transition(name, title, frozenset({S.SCANNING}), target, _scanner_only, f"document.{target}")


DOCUMENT = Lifecycle(
    "file",
    (
        Transition(
            "start_scan", "Scan", frozenset({S.UPLOADED}), S.SCANNING, _scanner_only, "document.scan_started"
        ),
        _scanned("find_clean", "Pass", S.CLEAN),
        _scanned("find_infected", "Report as infected", S.INFECTED),
        _scanned("find_unreadable", "Report as unreadable", S.UNREADABLE),
        Transition(
            "retry_scan",
            "Scan again",
            frozenset({S.UNREADABLE}),
            S.SCANNING,
            policy.can_retry_scan,
            "document.scan_retried",
        ),
    ),
    sealed=lambda document: document.round_id,
)
