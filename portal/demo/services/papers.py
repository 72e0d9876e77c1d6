"""The small PDF files that providers upload: real documents of one page, made by hand to be quick."""

from __future__ import annotations

from collections.abc import Sequence

SIZE = 11
LEADING = 18
TOP_LEFT = (72, 770)


def paper(title: str, lines: Sequence[str]) -> bytes:
    """A one-page A4 PDF with a title and some lines of text (Latin letters only)."""
    text = [f"BT /F1 {SIZE + 5} Tf {TOP_LEFT[0]} {TOP_LEFT[1]} Td ({_escaped(title)}) Tj /F1 {SIZE} Tf"]
    text += [f"0 -{LEADING} Td ({_escaped(line)}) Tj" for line in ("", *lines)]
    stream = "\n".join([*text, "ET"]).encode("cp1252", "replace")
    return _assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]"
            b" /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        ]
    )


def _assembled(objects: Sequence[bytes]) -> bytes:
    whole, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(whole))
        whole += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    return whole + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (count, table, count, len(whole))
    )


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
