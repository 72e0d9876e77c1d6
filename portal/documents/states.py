"""A file's way through scanning, and the kinds of file."""

from enum import StrEnum

from portal.frameworks.states import EvidenceKind

# Kinds of document that run out on a day that is printed on them.
RUNS_OUT = frozenset({EvidenceKind.INSURANCE})


class DocumentState(StrEnum):
    """Where the scan of a file has got to. A file is served only when clean (rule 11)."""

    UPLOADED = "uploaded"
    SCANNING = "scanning"
    CLEAN = "clean"
    INFECTED = "infected"
    UNREADABLE = "unreadable"

    @property
    def label(self) -> str:
        return {
            "uploaded": "Received",
            "scanning": "Being scanned",
            "clean": "Ready",
            "infected": "Infected",
            "unreadable": "Could not be read",
        }[self]


# The scanner has yet to judge these.
PENDING = frozenset({DocumentState.UPLOADED, DocumentState.SCANNING})


class FileKind(StrEnum):
    """The kinds of file taken in, known by their content and never by their name."""

    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    ODT = "odt"
    ODS = "ods"
    PNG = "png"
    JPG = "jpg"

    @property
    def media_type(self) -> str:
        return {
            "pdf": "application/pdf",
            "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "odt": "application/vnd.oasis.opendocument.text",
            "ods": "application/vnd.oasis.opendocument.spreadsheet",
            "png": "image/png",
            "jpg": "image/jpeg",
        }[self]

    @property
    def has_pages(self) -> bool:
        """Can page pictures be made of it?"""
        return self in {FileKind.PDF, FileKind.PNG, FileKind.JPG}
