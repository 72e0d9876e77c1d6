"""The blueprint that every page of agreements joins."""

from flask import Blueprint

blueprint = Blueprint("agreements", __name__)
