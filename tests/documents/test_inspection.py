"""A file is known by its content, and every refusal says what to do instead."""

from __future__ import annotations

import io

import pytest

from portal.core.errors import Invalid
from portal.documents.services import inspect
from portal.documents.states import FileKind
from tests.factories import files

TAKEN = {
    "pdf": (files.pdf, FileKind.PDF),
    "restricted pdf": (lambda: files.pdf(password="quiet otters", owner_only=True), FileKind.PDF),
    "docx": (files.docx, FileKind.DOCX),
    "xlsx": (files.xlsx, FileKind.XLSX),
    "odt": (lambda: files.open_document("text"), FileKind.ODT),
    "ods": (lambda: files.open_document("spreadsheet"), FileKind.ODS),
    "png": (files.png, FileKind.PNG),
    "jpg": (files.jpg, FileKind.JPG),
}
REFUSED = {
    "empty": (lambda: b"", "empty"),
    "protected pdf": (lambda: files.pdf(password="quiet otters"), "password"),
    "protected office": (lambda: files.compound("EncryptedPackage"), "password"),
    "protected odt": (lambda: files.open_document("text", encrypted=True), "password"),
    "old word": (lambda: files.compound("WordDocument"), ".docx"),
    "word macros": (lambda: files.docx(macros=True), "macros"),
    "odt macros": (lambda: files.open_document("text", macros=True), "macros"),
    "presentation": (
        lambda: files.archive({"[Content_Types].xml": "<Types/>", "ppt/presentation.xml": "<p/>"}),
        "presentation",
    ),
    "zip": (lambda: files.archive({"a.txt": "hello"}), "zip archive"),
    "odp": (lambda: files.open_document("presentation"), "Save it as one of these"),
    "rtf": (lambda: b"{\\rtf1 hello}", ".rtf"),
    "heic": (lambda: b"\x00\x00\x00\x18ftypheic" + b"\x00" * 50, "HEIC"),
    "gif": (lambda: b"GIF89a" + b"\x00" * 50, "GIF"),
    "tiff": (lambda: b"II*\x00" + b"\x00" * 50, "TIFF"),
    "webp": (lambda: b"RIFF\x00\x00\x00\x00WEBPVP8 ", "WebP"),
    "text": (lambda: b"just words", "Save it as one of these"),
    "program": (lambda: b"MZ" + b"\x00" * 100, "Save it as one of these"),
    "rar": (lambda: b"Rar!\x1a\x07" + b"\x00" * 50, "rar archive"),
    "7z": (lambda: b"7z\xbc\xaf\x27\x1c" + b"\x00" * 50, "7z archive"),
    "saved mail": (lambda: files.compound("__properties_version1.0"), "Print it as PDF"),
    "old excel macros": (
        lambda: files.archive(
            {"[Content_Types].xml": "<T/>", "xl/workbook.xml": "<w/>", "xl/macrosheets/sheet1.xml": "<m/>"}
        ),
        "macros",
    ),
    "unpacks to far more": (files.bomb, "overwhelm"),
    "more parts than a document has": (files.crowded, "overwhelm"),
    "names another size": (
        lambda: files.docx().replace(b"PK\x05\x06", b"PK\x06\x07" + b"\x00" * 16 + b"PK\x05\x06"),
        "overwhelm",
    ),
    "pdf inside a zip": (lambda: files.archive({"a.txt": ""})[:30] + files.pdf(), "two kinds"),
    "pdf inside a page": (lambda: b"<html><script>1</script>" + files.pdf(), "two kinds"),
    "pdf inside a program": (lambda: b"MZ" + b"\x00" * 60 + files.pdf(), "two kinds"),
    "office file after a pdf": (lambda: files.pdf() + files.docx(), "two kinds"),
    "pdf of nothing": (lambda: b"%PDF-1.7\nrubbish\n%%EOF", "damaged"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_kinds_that_are_taken(name):
    make, kind = TAKEN[name]
    assert inspect(io.BytesIO(make())) == kind


@pytest.mark.parametrize("name", REFUSED)
def test_kinds_that_are_refused(name):
    make, words = REFUSED[name]
    with pytest.raises(Invalid, match=words) as refused:
        inspect(io.BytesIO(make()))
    assert refused.value.field == "file"


@pytest.mark.parametrize("name", ["pdf", "docx", "xlsx", "odt", "png", "jpg"])
@pytest.mark.parametrize("share", [0.95, 0.6])
def test_a_file_that_was_cut_off_is_refused(name, share):
    whole = TAKEN[name][0]()
    with pytest.raises(Invalid, match="cut off"):
        inspect(io.BytesIO(whole[: int(len(whole) * share)]))


def test_rule_11_a_picture_with_more_behind_it_is_served_as_the_picture_it_is():
    """Phones put a film behind a picture. Whatever is there goes out as a picture, and as an attachment."""
    assert inspect(io.BytesIO(files.png() + files.archive({"a.txt": "hello"}))) == FileKind.PNG
    assert inspect(io.BytesIO(files.jpg() + b"<script>alert(1)</script>")) == FileKind.JPG
