"""One way to count words and one way to clean text, whatever is pasted; the page counts as the server does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.applications import queries, services
from portal.core.errors import Invalid
from portal.frameworks.models import Question
from portal.frameworks.states import QuestionKind
from tests.applications.conftest import Desk

K = QuestionKind
# What ECMAScript's \s matches, as its specification lists it.
WHITE_SPACE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
PASTED = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from(WHITE_SPACE + "\x00\x1c\x85’“")), max_size=200
)
HOSTILE = {
    "emoji": "👩‍👩‍👧‍👦 family 🏳️‍🌈",
    "right to left": "שלום \u202eבית\u202c עולם",
    "from Word": "“Smart”\u00a0quotes\u2019 \t tab\x0bline\x0cpage … –",
    "nothing": "\x00",
    "with nothing": "a\x00b",
    "bell": "ring\x07",
    "not a character": "x\uffff",
    "markup": "<script>alert(1)</script> & ]]>",
    "long": "word " * 20_000,
}


@given(st.text(st.sampled_from(WHITE_SPACE + "ab’é👍\x1c\x85\u200b"), max_size=60))
def test_words_are_runs_of_what_is_not_white_space(text: str) -> None:
    separated = re.split(f"[{re.escape(WHITE_SPACE)}]+", text)
    assert queries.count_words(text) == len([one for one in separated if one])


def test_the_page_counts_the_same_words(tmp_path: Path) -> None:
    """GOV.UK's character count counts `/\\S+/g`; asked of a JavaScript engine for every character there is."""
    texts = [f"a{chr(code)}b" for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    script = tmp_path / "count.mjs"
    script.write_text(
        "import { readFileSync } from 'node:fs';"
        "const texts = JSON.parse(readFileSync(process.argv[2], 'utf8'));"
        "console.log(JSON.stringify(texts.map((text) => (text.match(/\\S+/g) ?? []).length)));"
    )
    given_texts = tmp_path / "texts.json"
    given_texts.write_text(json.dumps(texts))
    counted = subprocess.run(
        [node(), script, given_texts], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert json.loads(counted) == [queries.count_words(text) for text in texts]


def node() -> str:
    """The Node that builds the assets: the machine's own, or the one from the lock."""
    from shutil import which

    found = which("node") or which("node", path=str(Path(sys.executable).parent))
    assert found is not None, "the assets are built with Node, so it must be there"
    return found


@given(PASTED)
def test_cleaned_text_is_clean_and_stays_as_it_is(text: str) -> None:
    cleaned = services.clean_text(text)
    assert services.clean_text(cleaned) == cleaned
    assert "\x00" not in cleaned
    assert "\r" not in cleaned
    # Nothing that can be seen is lost.
    assert [one for one in cleaned if one.isalnum()] == [one for one in text if one.isalnum()]


@given(PASTED)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_answer_comes_back_as_it_was_kept(desk: Desk, text: str) -> None:
    question = desk.question(K.LONG_TEXT)
    desk.save(question, text)
    answer = queries.find_answer(desk.application, question)
    kept = answer.value if answer is not None else None
    assert kept == (services.clean_text(text) or None)
    assert not desk.save(question, kept)


@pytest.mark.parametrize("kind", [kind for kind in K if kind not in (K.FILE, K.PRICE_SCHEDULE)])
def test_whatever_is_typed_into_whatever_field_is_kept_or_refused_in_words(
    client: Any, desk: Desk, kind: QuestionKind
) -> None:
    try:
        question = desk.question(kind)
    except IndexError:  # the default questions have none of this kind
        question = Question(kind=kind, choices=["Red"])
        for text in HOSTILE.values():
            with pytest.raises(Invalid):
                services.clean_value(question, text)
        return
    address = f"{desk.address}/questions/{question.id}/answer"
    page = f"{desk.address}/sections/{question.section_id}"
    word = f"{desk.address}/word"
    name, seen = services.answer_field(question), services.answer_seen(None)
    client.sign_in(desk.writer)
    for text in HOSTILE.values():
        sent = {name: [text] * 3, f"{name}-explanation": text, f"seen-{question.id}": seen}
        assert client.post(page, data=sent).status_code in {303, 409, 422}
        assert client.post(address, data=sent).status_code in {200, 409, 422}
        assert client.get(page).status_code == 200
    assert client.get(word).status_code == 200


def test_a_hundred_thousand_characters_are_kept_and_more_are_refused(client: Any, desk: Desk) -> None:
    question = desk.question(K.LONG_TEXT)
    address = f"{desk.address}/questions/{question.id}/answer"
    sent = {
        services.answer_field(question): "👍" * 100_000,
        f"seen-{question.id}": services.answer_seen(None),
    }
    client.sign_in(desk.writer)
    assert client.post(address, data=sent).status_code == 200
    sent[services.answer_field(question)] = "x" * 100_001
    answer = client.post(address, data=sent)
    assert answer.status_code == 422
    assert "it has 100,001 characters" in answer.get_data(as_text=True)


@given(PASTED)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_can_stand_in_the_word_file(desk: Desk, text: str) -> None:
    question = desk.question(K.LONG_TEXT)
    desk.save(question, text)
    file = services.compose_word_file(desk.application, queries.get_progress(desk.application))
    words = "\n".join(paragraph.text for paragraph in Document(BytesIO(file.read())).paragraphs)
    for line in services.clean_text(text).split("\n"):
        assert line.strip() in words
