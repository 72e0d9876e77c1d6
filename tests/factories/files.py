"""Small real files of every kind that is taken, and of kinds and faults that are refused."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from openpyxl import Workbook
from pypdf import PdfWriter

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="{}"/></Types>'
)
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
WORD_MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"


def pdf(*, password: str | None = None, owner_only: bool = False, bytes_of_metadata: int = 0) -> bytes:
    """One blank page; with `password` it opens with that alone, with `owner_only` it opens without."""
    writer = PdfWriter()
    writer.add_blank_page(width=200, height=200)
    if bytes_of_metadata:
        writer.add_metadata({"/Subject": "x" * bytes_of_metadata})
    if password is not None:
        writer.encrypt("" if owner_only else password, password, algorithm="AES-256")
    held = io.BytesIO()
    writer.write(held)
    return held.getvalue()


def archive(parts: dict[str, bytes | str]) -> bytes:
    """A zip of these parts, in order."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return held.getvalue()


def docx(*, macros: bool = False) -> bytes:
    """A Word document as far as its parts go."""
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": CONTENT_TYPES.format(WORD_MACROS if macros else WORD),
        "word/document.xml": "<w:document/>",
    }
    if macros:
        parts["word/vbaProject.bin"] = b"\x00" * 32
    return archive(parts)


def bomb(megabytes: int = 600) -> bytes:
    """A small Word document that says it unpacks to this much."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", CONTENT_TYPES.format(WORD))
        made.writestr("word/document.xml", b" " * 1024 * 1024)
        # The list of contents is written at the end, from these.
        made.filelist[-1].file_size = megabytes * 1024 * 1024
    return held.getvalue()


def crowded(parts: int = 25_000) -> bytes:
    """A Word document with a list of contents that is itself too much to read."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        made.writestr("[Content_Types].xml", CONTENT_TYPES.format(WORD))
        for number in range(parts):
            made.writestr(f"word/part-{number:040}", b"")
    return held.getvalue()


def heavy_pdf(size: int) -> bytes:
    """A whole PDF of exactly `size` bytes, nearly all of it in one stream."""
    padding = size - len(_padded_pdf(0)) - 16
    while len(made := _padded_pdf(padding)) != size:
        padding += size - len(made)
    return made


def _padded_pdf(padding: int) -> bytes:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (padding, b"x" * max(0, padding)),
    ]
    whole, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(whole))
        whole += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return (
        whole
        + b"xref\n0 5\n0000000000 65535 f \n%strailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (
            table,
            len(whole),
        )
    )


def xlsx() -> bytes:
    """A real workbook."""
    book = Workbook()
    book.active["A1"] = "Larkspur"
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def open_document(kind: str, *, encrypted: bool = False, macros: bool = False) -> bytes:
    """An OpenDocument `text` or `spreadsheet`."""
    protected = "<manifest:encryption-data/>" if encrypted else ""
    parts: dict[str, bytes | str] = {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "META-INF/manifest.xml": f"<manifest:manifest>{protected}</manifest:manifest>",
        "content.xml": "<office:document-content/>",
    }
    if macros:
        parts["Basic/Standard/Module1.xml"] = "<script:module/>"
    return archive(parts)


def compound(stream: str) -> bytes:
    """The container of old Office files, naming one stream."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2000 + stream.encode("utf-16-le") + b"\x00" * 200


def png() -> bytes:
    """One grey pixel."""
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(b"\x00\x80"))
        + _chunk(b"IEND", b"")
    )


def jpg() -> bytes:
    """The frame of a JPEG: headers, a scan, and the end mark."""
    header = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    # A preview inside the headers has an end mark of its own, which must not count.
    preview = b"\xff\xe1" + struct.pack(">H", 12) + b"\xff\xd8\xff\xd9previ."
    scan = b"\xff\xda" + struct.pack(">H", 8) + b"\x01\x01\x00\x00\x3f\x00"
    return b"\xff\xd8" + header + preview + scan + b"\x12\x34\xff\x00\x56" * 50 + b"\xff\xd9"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
