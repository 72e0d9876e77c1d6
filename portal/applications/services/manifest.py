"""The manifest of a submission: a salted SHA-256 of each answer, file and price, and one hash over all of these.

Each part is written out as one text (canonical JSON) and hashed behind a random salt of its own, so that nobody
who sees a hash can guess a price and try. The manifest's hash is of the parts' hashes, one a line.
`docs/receipts.md` tells how anybody checks a receipt by hand.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from portal.applications.models import Submission, SubmittedPrice

FORMAT = "kent-medway-receipt/1"
PRICE = "price"


@dataclass(frozen=True)
class Part:
    """What one line of the manifest is about: `kind` is head, answer, file or price; `text` is what is hashed."""

    kind: str
    label: str
    text: str
    salt: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(f"{self.salt}\n{self.text}".encode()).hexdigest()


def new_salt() -> str:
    """32 random bytes: more than anybody can try."""
    return secrets.token_hex(32)


def list_texts(
    content: Mapping[str, Any], head: Mapping[str, Any], fees: Mapping[int, Decimal | None]
) -> list[tuple[str, str, str]]:
    """Kind, label and text of every part, in the manifest's order: head, answers, files, prices by cell."""
    questions = [question for section in content["sections"] for question in section["questions"]]
    labels = {cell["id"]: cell["label"] for cell in content["price_cells"]}
    return [
        ("head", "Application and declaration", canonical({**_without_questions(content), **head})),
        *(("answer", question["number"], canonical(_answer(question))) for question in questions),
        *(
            ("file", f"{question['number']} {file['name']}", canonical(file))
            for question in questions
            for file in question["files"]
        ),
        *(
            (PRICE, labels.get(cell_id, str(cell_id)), canonical(_price(cell_id, fee)))
            for cell_id, fee in sorted(fees.items())
        ),
    ]


def head_of(*, number: int, received_at: datetime, instructed_at: datetime | None = None) -> dict[str, Any]:
    """What a receipt says beside the content: which submission, and when it counted as received."""
    return {
        "submission": number,
        "received_at": instant(received_at),
        "instructed_at": None if instructed_at is None else instant(instructed_at),
    }


def make_parts(
    content: Mapping[str, Any], head: Mapping[str, Any], fees: Mapping[int, Decimal | None]
) -> list[Part]:
    """Every part with a fresh salt."""
    return [Part(kind, label, text, new_salt()) for kind, label, text in list_texts(content, head, fees)]


def manifest_of(parts: Sequence[Part]) -> dict[str, Any]:
    """What is kept with a submission: hashes and salts, but no price's salt, which is kept with the price."""
    return {
        "format": FORMAT,
        "parts": [
            {
                "kind": part.kind,
                "label": part.label,
                "sha256": part.sha256,
                "salt": None if part.kind == PRICE else part.salt,
            }
            for part in parts
        ],
    }


def hash_of(parts: Sequence[Part]) -> str:
    """The manifest's hash: SHA-256 of the parts' hashes in order, each followed by a line end."""
    return hash_lines([part.sha256 for part in parts])


def hash_lines(hashes: Sequence[str]) -> str:
    """SHA-256 of lower-case hexadecimal hashes, one a line."""
    return hashlib.sha256("".join(f"{one}\n" for one in hashes).encode()).hexdigest()


def price_salts(parts: Sequence[Part], fees: Mapping[int, Decimal | None]) -> dict[int, str]:
    """The salt of each price by its cell."""
    salts = [part.salt for part in parts if part.kind == PRICE]
    return dict(zip(sorted(fees), salts, strict=True))


def parts_of(submission: Submission, prices: Mapping[int, SubmittedPrice]) -> list[Part]:
    """The parts of a submission as it stands in the database, to show them or to prove its hash again."""
    fees = {cell_id: price.weekly_fee for cell_id, price in prices.items()}
    head = head_of(
        number=submission.number,
        received_at=submission.submitted_at,
        instructed_at=submission.instructed_at,
    )
    salts = [part["salt"] for part in submission.manifest["parts"] if part["kind"] != PRICE]
    salts += [prices[cell_id].salt for cell_id in sorted(prices)]
    texts = list_texts(submission.content, head, fees)
    return [Part(*text, salt) for text, salt in zip(texts, salts, strict=True)]


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces and every letter as it is: the same value always gives the same text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def instant(moment: datetime) -> str:
    """An instant in UTC to the microsecond: `2026-05-03T10:59:07.123456+00:00`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _without_questions(content: Mapping[str, Any]) -> dict[str, Any]:
    titles = [{"id": section["id"], "title": section["title"]} for section in content["sections"]]
    return {**content, "sections": titles}


def _answer(question: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in question.items() if name != "files"}


def _price(cell_id: int, fee: Decimal | None) -> dict[str, Any]:
    return {"cell": cell_id, "weekly_fee": None if fee is None else f"{fee:.2f}"}
