"""Pages of agreements, and of extensions of the framework that move their end."""

from portal.agreements.views import agreements, extensions
from portal.agreements.views.frame import blueprint

__all__ = ["agreements", "blueprint", "extensions"]
