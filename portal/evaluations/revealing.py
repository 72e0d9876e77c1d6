"""What in a text gives a score away: a number said as one. What chair and evaluators write may not (rule 4).

It reads numbers, not meaning: who writes "it is far too weak" is stopped by nobody but the warning on the page.
"""

from __future__ import annotations

import re

NUMBER = r"(?:[0-5](?:\.5)?|nought|zero|one|two|three|four|five)(?![\w.]*\d)\b"
# What may stand after a number that is a score. Anything else is a number of something: "gave 3 examples".
ENDS = (
    r"(?=\s*(?:$|[.,;:!?)\]\"”’']|[-–—/]"
    r"|(?:or|and|to|for|because|as|since|but|not|out|rather|if|when|while|on|in|here|marks?|points?)\b))"
)
SCORING = r"(?:scor(?:e|es|ed|ing)|mark(?:s|ed|ing)?|rat(?:e|es|ed|ing)|grad(?:e|es|ed|ing))"
GIVING = (
    r"(?:giv(?:e|es|en|ing)|gave|award(?:s|ed|ing)?|put|went (?:for|with)|go(?:ing)? (?:for|with)|settled on)"
)
LINK = (
    r"(?:\s*[:=]\s*|\s+(?:(?:it|this|them|that|the answer|the applicant|of|at|as|is|was|be|to be|a|an|only|about"
    r"|around|between|with|down|up|to|from|should|would|my|question \d+(?:\.\d+)*)\s+){0,5})"
)
PATTERNS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{NUMBER}\s*(?:/|out\s+of)\s*(?:5|five)\b",
        rf"\b{SCORING}\s*(?:of|at|as|:|=)\s*(?:a\s+|an\s+|about\s+|only\s+)?{NUMBER}",
        rf"\b{SCORING}{LINK}{NUMBER}{ENDS}",
        rf"\b{GIVING}{LINK}{NUMBER}{ENDS}",
        rf"\b(?:a|an|my|your|their|his|her)\s+[0-5](?![\w.]*\d){ENDS}",
        rf"\b{NUMBER}\s+(?:marks?|points?)\b",
    )
]


def find_score(text: str) -> str | None:
    """The first words of `text` that say a score ("gave it a 3", "4/5", "score of two"), or None."""
    found = [match for pattern in PATTERNS if (match := pattern.search(text))]
    return min(found, key=lambda match: match.start()).group().strip() if found else None
