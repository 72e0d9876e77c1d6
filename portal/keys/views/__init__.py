"""A provider's keys, and the page and the document that describe the API."""

from portal.keys.views import describing, keeping
from portal.keys.views.frame import blueprint

__all__ = ["blueprint", "describing", "keeping"]
