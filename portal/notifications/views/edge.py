"""What the pages of this feature share: the blueprint, and plain text as a page shows it."""

from __future__ import annotations

import re

from flask import Blueprint
from markupsafe import Markup, escape

ADDRESS = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)]")

blueprint = Blueprint("notifications", __name__)


def with_links(text: str) -> Markup:
    """Plain text as HTML: everything escaped, web addresses made links, blank lines parting paragraphs."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    paragraph = Markup('<p class="govuk-body">{}</p>')
    lines = ([_linked(line) for line in part.split("\n")] for part in paragraphs)
    return Markup("").join(paragraph.format(Markup("<br>").join(part)) for part in lines)


def _linked(line: str) -> Markup:
    made, end = Markup(""), 0
    for match in ADDRESS.finditer(line):
        made += escape(line[end : match.start()])
        made += Markup('<a class="govuk-link govuk-!-text-break-word" href="{0}">{0}</a>').format(
            match.group()
        )
        end = match.end()
    return made + escape(line[end:])
