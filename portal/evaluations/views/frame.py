"""What the pages of the evaluation share: the blueprint."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("evaluations", __name__)
