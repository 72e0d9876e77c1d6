"""Pages of accounts."""

from portal.accounts.views import account, council, links, members, sign_in
from portal.accounts.views.edge import blueprint

__all__ = ["account", "blueprint", "council", "links", "members", "sign_in"]
