"""Pages of matching: searching, saved searches and their enquiries, a provider's enquiries, placements."""

from portal.matching.views import answering, asking, choosing, placements, searches, searching
from portal.matching.views.frame import blueprint

__all__ = ["answering", "asking", "blueprint", "choosing", "placements", "searches", "searching"]
