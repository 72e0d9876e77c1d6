"""Pages of agreements, of extensions that move their end, of price reviews, and of prices beside others'."""

from portal.agreements.views import agreements, comparing, extensions, requesting, reviewing, terms
from portal.agreements.views.frame import blueprint

__all__ = ["agreements", "blueprint", "comparing", "extensions", "requesting", "reviewing", "terms"]
