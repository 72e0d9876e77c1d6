"""Pages of notifications: a person's own, mail that did not arrive, and the demonstration's letter box."""

from portal.notifications.views import own, sent_mail, undelivered
from portal.notifications.views.edge import blueprint, with_links

__all__ = ["blueprint", "own", "sent_mail", "undelivered", "with_links"]
