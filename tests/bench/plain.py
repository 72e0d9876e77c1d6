"""Plain pages: a round's question set as an ordinary web form asks it, with nothing of what the portal does beyond.

One form for each section, with empty fields and the councils' own words; every cell of the price schedule by itself;
one file at a time, after which the page of documents comes back; a declaration; a receipt. Nothing is filled in
from a registration or from before. One page leads straight to the next, without a task list or a page to check
answers: so few pages as these things take.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, redirect, render_template_string, request
from flask.typing import ResponseReturnValue
from playwright.sync_api import Locator
from werkzeug.serving import make_server

from portal.applications.queries import list_asked_cells
from portal.applications.states import Exclusion
from portal.frameworks.models import Question, Round, Section
from portal.frameworks.queries import list_sections
from portal.frameworks.states import QuestionKind, SectionKind
from tests.support.live import free_port
from tests.support.visitor import Visitor

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ step.title }}</title></head><body>
<h1>{{ step.title }}</h1><p>{{ step.guidance }}</p>
{% for one in step.documents %}
<form method="post" action="/{{ place }}/{{ one.id }}" enctype="multipart/form-data" id="form-{{ one.id }}">
<p><label for="{{ one.id }}">{{ one.label }}</label> {{ one.hint }} {{ files.get(one.id, []) | join(", ") }}
<input type="file" name="file" id="{{ one.id }}"> <button>Upload</button></p></form>
{% endfor %}
<form method="post" action="/{{ place }}">
{% for one in step.fields %}
{% if one.kind == "choice" %}
<fieldset><legend>{{ one.label }}</legend><p>{{ one.hint }}</p>
{% for value, label in one.choices %}{% set id = one.id ~ "-" ~ loop.index0 %}
<input type="radio" name="{{ one.id }}" value="{{ value }}" id="{{ id }}"> <label for="{{ id }}">{{ label }}</label><br>
{% endfor %}</fieldset>
{% elif one.kind == "tick" %}
<p><input type="checkbox" name="{{ one.id }}" id="{{ one.id }}"> <label for="{{ one.id }}">{{ one.label }}</label></p>
{% else %}
<p><label for="{{ one.id }}">{{ one.label }}</label> {{ one.hint }}<br>
{% if one.kind == "long" %}<textarea name="{{ one.id }}" id="{{ one.id }}" rows="10" cols="80"></textarea>
{% else %}<input name="{{ one.id }}" id="{{ one.id }}" size="60">{% endif %}</p>
{% endif %}
{% endfor %}
<button>{{ step.button }}</button></form></body></html>"""
RECEIPT = '<!doctype html><html lang="en"><title>Received</title><h1>Application received</h1></html>'


@dataclass(frozen=True)
class Field:
    """`kind`: text, long, choice, tick or file. `choices`: label by value."""

    id: str
    label: str
    kind: str
    hint: str = ""
    choices: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Step:
    """One page, in its order."""

    title: str
    guidance: str = ""
    fields: Sequence[Field] = ()
    documents: Sequence[Field] = ()
    button: str = "Save and continue"


def list_steps(round_: Round) -> list[Step]:
    """The pages of this round, from its start to its declaration."""
    start = Step(f"Apply: {round_.title}", round_.summary, button="Start")
    return [start, *(_step(section, round_) for section in list_sections(round_))]


def _step(section: Section, round_: Round) -> Step:
    if section.kind == SectionKind.PRICE:
        return Step(section.title, section.guidance, _prices(round_))
    if section.kind == SectionKind.DECLARATION:
        return Step(section.title, section.guidance, DECLARATION, button="Submit")
    asked = [_field(question) for question in section.questions]
    documents = [one for one in asked if one.kind == "file"]
    return Step(section.title, section.guidance, [one for one in asked if one not in documents], documents)


DECLARATION = (
    Field("name", "Your full name", "text"),
    Field("position", "Your position in the organisation", "text"),
    Field("agrees", "I have read this declaration and I make it for the organisation", "tick"),
)


def _prices(round_: Round) -> list[Field]:
    return [
        field
        for cell in list_asked_cells(round_)
        for field in (
            Field(f"fee-{cell.id}", f"{cell.label}: weekly fee in pounds", "text"),
            Field(f"none-{cell.id}", f"{cell.label}: not offered", "tick"),
        )
    ]


def _field(question: Question) -> Field:
    kind, choices = "text", list[tuple[str, str]]()
    match question.kind:
        case QuestionKind.LONG_TEXT:
            kind = "long"
        case QuestionKind.FILE:
            kind = "file"
        case QuestionKind.YES_NO:
            kind, choices = "choice", [("yes", "Yes"), ("no", "No")]
        case QuestionKind.EXCLUSION:
            kind, choices = "choice", [(one.value, one.label) for one in Exclusion]
        case QuestionKind.CHOICE:
            kind, choices = "choice", [(one, one) for one in question.choices]
    return Field(str(question.id), f"{question.number} {question.text}", kind, question.guidance, choices)


@contextmanager
def serving(steps: Sequence[Step]) -> Iterator[str]:
    """The pages on a port of this machine; gives their address."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    port = free_port()
    server = make_server("127.0.0.1", port, _make_app(steps), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()


def _make_app(steps: Sequence[Step]) -> Flask:
    app = Flask(__name__)
    answers: dict[str, str] = {}
    files: dict[str, list[str]] = {}

    @app.get("/<int:place>")
    def show(place: int) -> ResponseReturnValue:
        if place == len(steps):
            return RECEIPT
        return render_template_string(PAGE, step=steps[place], place=place, files=files)

    @app.post("/<int:place>")
    def save(place: int) -> ResponseReturnValue:
        answers.update(request.form)
        return redirect(f"/{place + 1}", 303)

    @app.post("/<int:place>/<field_id>")
    def upload(place: int, field_id: str) -> ResponseReturnValue:
        files.setdefault(field_id, []).append(request.files["file"].filename or "")
        return redirect(f"/{place}", 303)

    return app


def apply(
    visitor: Visitor, steps: Sequence[Step], answers: Mapping[str, str], files: Mapping[str, Sequence[Path]]
) -> None:
    """From the first page to the receipt. `answers` by field; a field of which nothing is said stays empty."""
    visitor.go("/0")
    for step in steps:
        visitor.is_at(step.title)
        for one in step.documents:
            for file in files.get(one.id, ()):
                _place(visitor, one.id).set_input_files(file)
                visitor.press("Upload", within=_place(visitor, f"form-{one.id}"))
        for one in step.fields:
            if one.id in answers:
                _answer(visitor, one, answers[one.id])
        visitor.press(step.button)
    visitor.is_at("Application received")


def _answer(visitor: Visitor, field: Field, answer: str) -> None:
    if field.kind == "choice":
        place = [value for value, _ in field.choices].index(answer)
        _place(visitor, f"{field.id}-{place}").check()
    elif field.kind == "tick":
        _place(visitor, field.id).check()
    else:
        _place(visitor, field.id).fill(answer)


def _place(visitor: Visitor, identity: str) -> Locator:
    return visitor.page.locator(f"[id='{identity}']")
