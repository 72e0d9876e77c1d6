"""The form of several files at once: what each is, when it was issued and when it runs out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from portal.applications.forms.steps import DayField
from portal.applications.models import Evidence
from portal.frameworks.states import EvidenceKind

FACTS = ("evidence_kind", "issued_on", "expires_on")


class FilesForm(FlaskForm):  # type: ignore[misc]
    """Kind and dates of each file, with its version; made by `files_form`."""

    files: Sequence[Evidence] = ()

    def fact(self, evidence: Evidence, name: str) -> Field:
        """The field of one fact: `evidence_kind`, `issued_on`, `expires_on` or `version`."""
        return cast(Field, self[_name(evidence, name)])

    def kind(self, evidence: Evidence) -> EvidenceKind | None:
        data = self.fact(evidence, "evidence_kind").data
        return EvidenceKind(data) if data else None

    def day(self, evidence: Evidence, name: str) -> date | None:
        return cast("date | None", self.fact(evidence, name).data)

    def is_changed(self, evidence: Evidence) -> bool:
        """Was anything entered for this file that its document does not say already?"""
        document = evidence.document
        stands = (document.evidence_kind, document.issued_on, document.expires_on)
        return stands != (
            self.kind(evidence),
            self.day(evidence, "issued_on"),
            self.day(evidence, "expires_on"),
        )

    def version(self, evidence: Evidence) -> int | None:
        data = str(self.fact(evidence, "version").data or "")
        return int(data) if data.isascii() and data.isdigit() and len(data) < 10 else None

    def refuse(self, evidence: Evidence, name: str, message: str) -> None:
        field = self.fact(evidence, name)
        field.errors = [*field.errors, message]

    def problems(self) -> list[tuple[str, str]]:
        """Each error in words that name its file, with the address of its field, in the order of the page."""
        fields = [(one, self.fact(one, name)) for one in self.files for name in FACTS]
        return [
            (f"{one.document.original_name}: {message}", f"#{field.id}")
            for one, field in fields
            for message in field.errors
        ]


def files_form(files: Sequence[Evidence]) -> FilesForm:
    """A form for these files, filled with what their documents say."""
    fields: dict[str, Any] = {"files": files}
    data: dict[str, Any] = {}
    for one in files:
        document = one.document
        fields |= {
            _name(one, "version"): HiddenField(),
            _name(one, "evidence_kind"): _kind_field(),
            _name(one, "issued_on"): DayField("Date of issue"),
            _name(one, "expires_on"): DayField("Expiry date, if it runs out"),
        }
        data |= {
            _name(one, "version"): document.version,
            _name(one, "evidence_kind"): document.evidence_kind.value if document.evidence_kind else "",
            _name(one, "issued_on"): document.issued_on,
            _name(one, "expires_on"): document.expires_on,
        }
    return cast(FilesForm, type("DescribedFilesForm", (FilesForm,), fields)(data=data))


def _kind_field() -> SelectField:
    kinds = [SelectChoice(kind.value, kind.label) for kind in EvidenceKind]
    return SelectField("What is it?", choices=[SelectChoice("", "Choose"), *kinds])


def _name(evidence: Evidence, fact: str) -> str:
    return f"{fact}-{evidence.id}"
