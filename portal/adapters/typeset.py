"""Letters and receipts as PDF: typeset by Typst, tagged for screen readers (PDF/UA-1)."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"

# Letters and signs that Typst's own fonts have without exception: Latin, Greek, Cyrillic and what goes with them.
SURELY_DRAWN = re.compile("[\u0020-\u024f\u0370-\u04ff\u1e00-\u1eff\u2000-\u2040\u20a0-\u20bf\u2190-\u21ff]")


class Typesetter(Protocol):
    """Fills a template below `templates/` with plain JSON and returns the PDF."""

    def render(self, template: str, content: Mapping[str, Any], *, made_at: datetime) -> bytes: ...


class TypstTypesetter:
    """Typst, with the fonts it brings along, so that a document looks the same on every machine."""

    def render(self, template: str, content: Mapping[str, Any], *, made_at: datetime) -> bytes:
        """The same content always gives the same bytes: `made_at` is the only time in the file.

        The template reads its content from `sys.inputs.content`; nothing of it is ever read as markup.
        """
        import typst

        text = json.dumps(content, ensure_ascii=False)
        try:
            return self._compile(template, text, made_at)
        except typst.TypstError as error:
            if "could not be displayed" not in str(error):
                raise
        # An accessible PDF may not show a letter that no font has: it is named instead (an emoji, say).
        return self._compile(template, json.dumps(_spelt(content), ensure_ascii=False), made_at)

    def _compile(self, template: str, text: str, made_at: datetime) -> bytes:
        import typst

        made: bytes = typst.compile(
            str(TEMPLATES / template),
            root=str(TEMPLATES),
            ignore_system_fonts=True,
            sys_inputs={"content": text},
            pdf_standards="ua-1",
            timestamp=made_at.replace(microsecond=0),
        )
        return made


def _spelt(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(_spell(letter) for letter in value)
    if isinstance(value, Mapping):
        return {key: _spelt(one) for key, one in value.items()}
    return [_spelt(one) for one in value] if isinstance(value, list) else value


def _spell(letter: str) -> str:
    if letter.isspace():
        return " "
    if unicodedata.category(letter)[0] != "C" and SURELY_DRAWN.match(letter):
        return letter
    return f"[U+{ord(letter):04X}]"


_current: Typesetter = TypstTypesetter()


def use(typesetter: Typesetter) -> None:
    """Choose this process's typesetter."""
    global _current
    _current = typesetter


def current() -> Typesetter:
    """This process's typesetter."""
    return _current
