"""What a file is, by its content and never by its name, and why it cannot be taken if it cannot.

Structure only: whether it carries malware is the scanner's to say.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import BinaryIO

from portal.core.errors import Invalid
from portal.documents.services import pictures
from portal.documents.states import FileKind

FIELD = "file"
CHUNK_BYTES = 1024 * 1024
TAIL_BYTES = 4096
MOST_BYTES_OF_A_MANIFEST = 2 * 1024 * 1024
# What a real document never reaches: more, and the file is made to overwhelm whoever opens it.
MOST_BYTES_OF_A_DIRECTORY = 2 * 1024 * 1024
MOST_BYTES_UNPACKED = 500 * 1024 * 1024
END_OF_DIRECTORY = b"PK\x05\x06"
LARGE_ARCHIVE = b"PK\x06\x07"
LONGEST_END = 65557

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")

TAKEN = "PDF, Word (.docx), Excel (.xlsx), OpenDocument (.odt, .ods), PNG or JPG"
EMPTY = "The file is empty. Open it on your computer to check it, then upload it again."
CUT_OFF = (
    "The file is cut off: its end is missing. It may not have finished copying or downloading."
    " Open it on your computer, save it again and upload the new copy."
)
ENCRYPTED = (
    "The file is protected by a password, so nobody at the councils could open it."
    " Remove the password, save it again and upload the new copy."
)
OLD_OFFICE = (
    "This is an older Office file (such as .doc or .xls). Save it as .docx, .xlsx or PDF and upload that."
)
MACROS = "The file contains macros, which we cannot take. Save it as .docx, .xlsx or PDF, without macros."
BROKEN_PDF = "This PDF is damaged and cannot be read. Save or print it as PDF again and upload the new copy."
BOMB = (
    "The file unpacks to far more than a document holds, so it would overwhelm whoever opens it."
    " Save it as PDF and upload that."
)
TWO_KINDS = (
    "The file is two kinds of file in one, which is how harmful files disguise themselves."
    " Save or print it as PDF again and upload the new copy."
)
WRONG_KIND = f"We cannot take this kind of file. Save it as one of these and upload that: {TAKEN}."

# The end of a zip archive's directory, with the longest comment that it can carry.
LONGEST_ZIP_END = 22 + 65_535

# How some common files that are not taken begin, and the way out.
HINTS = (
    (0, b"{\\rtf", "This is a rich text file (.rtf). Save it as .docx or PDF and upload that."),
    (4, b"ftyphei", "This is a HEIC picture, as phones take them. Save it as JPG or PDF and upload that."),
    (4, b"ftypmif", "This is a HEIC picture, as phones take them. Save it as JPG or PDF and upload that."),
    (0, b"GIF8", "This is a GIF picture. Save it as PNG or JPG and upload that."),
    (0, b"II*\x00", "This is a TIFF picture. Save it as PDF or JPG and upload that."),
    (0, b"MM\x00*", "This is a TIFF picture. Save it as PDF or JPG and upload that."),
    (0, b"Rar!", "This is a .rar archive. Take the files out of it and upload them one by one."),
    (0, b"7z\xbc\xaf", "This is a .7z archive. Take the files out of it and upload them one by one."),
    (0, b"\x1f\x8b", "This is a .gz archive. Take the files out of it and upload them one by one."),
    (8, b"WEBP", "This is a WebP picture. Save it as PNG or JPG and upload that."),
)
# A PDF may have a line or two before it begins, but no other file.
NO_PDF_BEGINS = (
    b"PK",
    b"MZ",
    b"\x7fELF",
    b"GIF8",
    b"\x89PNG",
    b"\xff\xd8\xff",
    COMPOUND,
    b"Rar!",
    b"7z",
    b"<",
    b"#!",
)
MAIL = "__properties_version1.0".encode("utf-16-le")
SAVED_MAIL = "This is a saved e-mail (.msg). Print it as PDF and upload that."
ZIP_ARCHIVE = "This is a zip archive. Take the files out of it and upload them one by one."
PRESENTATION = "This is a presentation. Save it as PDF and upload that."

OFFICE_PARTS = (("word/document.xml", FileKind.DOCX), ("xl/workbook.xml", FileKind.XLSX))
OPEN_DOCUMENTS = {
    "application/vnd.oasis.opendocument.text": FileKind.ODT,
    "application/vnd.oasis.opendocument.spreadsheet": FileKind.ODS,
}


def inspect(file: BinaryIO) -> FileKind:
    """The kind of a file that can be taken. Raises `Invalid`, saying why not and what to do instead."""
    file.seek(0)
    head = file.read(1024)
    if not head:
        raise _refusal(EMPTY)
    check = _check_for(head)
    file.seek(0)
    return check(file)


def _check_for(head: bytes) -> Callable[[BinaryIO], FileKind]:
    if b"%PDF-" in head:
        if head.startswith(NO_PDF_BEGINS):
            raise _refusal(TWO_KINDS)
        return _pdf
    if head.startswith(b"PK\x03\x04"):
        return _zip
    if head.startswith(COMPOUND):
        return _compound
    if head.startswith(pictures.PNG_SIGNATURE):
        return _picture(FileKind.PNG, pictures.png_is_whole)
    if head.startswith(b"\xff\xd8\xff"):
        return _picture(FileKind.JPG, pictures.jpg_is_whole)
    for offset, mark, message in HINTS:
        if head[offset:].startswith(mark):
            raise _refusal(message)
    raise _refusal(WRONG_KIND)


def _picture(kind: FileKind, is_whole: Callable[[BinaryIO], bool]) -> Callable[[BinaryIO], FileKind]:
    def check(file: BinaryIO) -> FileKind:
        if not is_whole(file):
            raise _refusal(CUT_OFF)
        return kind

    return check


def _ends_as_archive(file: BinaryIO) -> bool:
    """Does an archive's directory come after the last end of the PDF? Then it opens as either."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - LONGEST_ZIP_END))
    tail = file.read()
    file.seek(0)
    return tail.rfind(b"PK\x05\x06") > tail.rfind(b"%%EOF")


def _pdf(file: BinaryIO) -> FileKind:
    if _ends_as_archive(file):
        raise _refusal(TWO_KINDS)
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    if b"%%EOF" not in _tail(file):
        raise _refusal(CUT_OFF)
    try:
        reader = PdfReader(file)
        if reader.is_encrypted and not reader.decrypt(""):
            raise _refusal(ENCRYPTED)
        if not len(reader.pages):
            raise _refusal(BROKEN_PDF)
    except Invalid:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        # A damaged file can fail anywhere inside the parser.
        raise _refusal(BROKEN_PDF) from error
    return FileKind.PDF


def _compound(file: BinaryIO) -> FileKind:
    """The container of old Office files, and of new ones that have a password."""
    before = b""
    while piece := file.read(CHUNK_BYTES):
        for mark, message in ((ENCRYPTED_PACKAGE, ENCRYPTED), (MAIL, SAVED_MAIL)):
            if mark in before + piece:
                raise _refusal(message)
        before = piece[-len(MAIL) :]
    raise _refusal(OLD_OFFICE)


def _zip(file: BinaryIO) -> FileKind:
    _check_directory(file)
    try:
        with zipfile.ZipFile(file) as archive:
            return _archive(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, OSError, NotImplementedError) as error:
        # The list of an archive's contents stands at its end, so a cut-off one has none.
        raise _refusal(CUT_OFF) from error


def _check_directory(file: BinaryIO) -> None:
    """The list of contents is read whole into memory: see first that it is no larger than a document's."""
    size = file.seek(0, 2)
    file.seek(max(0, size - LONGEST_END))
    tail = file.read()
    start = tail.rfind(END_OF_DIRECTORY)
    end = tail[start : start + 22]
    if start < 0 or len(end) < 22:
        raise _refusal(CUT_OFF)
    names_another_size = tail[max(0, start - 20) : start].startswith(LARGE_ARCHIVE)
    if names_another_size or struct.unpack("<I", end[12:16])[0] > MOST_BYTES_OF_A_DIRECTORY:
        raise _refusal(BOMB)


def _archive(archive: zipfile.ZipFile) -> FileKind:
    names = set(archive.namelist())
    if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES_UNPACKED:
        raise _refusal(BOMB)
    if any(entry.flag_bits & 0x1 for entry in archive.infolist()):
        raise _refusal(ENCRYPTED)
    if "[Content_Types].xml" in names:
        return _office(archive, names)
    if "mimetype" in names:
        return _open_document(archive, names)
    raise _refusal(ZIP_ARCHIVE)


def _office(archive: zipfile.ZipFile, names: set[str]) -> FileKind:
    has_macros = any(
        name.lower().endswith("vbaproject.bin") or name.lower().startswith("xl/macrosheets/")
        for name in names
    )
    if has_macros or b"macroEnabled" in _manifest(archive, "[Content_Types].xml"):
        raise _refusal(MACROS)
    for part, kind in OFFICE_PARTS:
        if part in names:
            return kind
    raise _refusal(PRESENTATION if "ppt/presentation.xml" in names else WRONG_KIND)


def _open_document(archive: zipfile.ZipFile, names: set[str]) -> FileKind:
    kind = OPEN_DOCUMENTS.get(_manifest(archive, "mimetype").decode("ascii", "replace").strip())
    if kind is None:
        raise _refusal(WRONG_KIND)
    if b"encryption-data" in _manifest(archive, "META-INF/manifest.xml"):
        raise _refusal(ENCRYPTED)
    if any(name.startswith(("Basic/", "Scripts/")) and not name.endswith("/") for name in names):
        raise _refusal(MACROS)
    return kind


def _manifest(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        return part.read(MOST_BYTES_OF_A_MANIFEST)


def _tail(file: BinaryIO) -> bytes:
    size = file.seek(0, 2)
    file.seek(max(0, size - TAIL_BYTES))
    tail = file.read()
    file.seek(0)
    return tail


def _refusal(message: str) -> Invalid:
    return Invalid(message, field=FIELD)
