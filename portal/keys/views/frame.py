"""The blueprint of the key pages."""

from flask import Blueprint

blueprint = Blueprint("keys", __name__)
