"""The blueprint of this feature's pages."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("frameworks", __name__)
