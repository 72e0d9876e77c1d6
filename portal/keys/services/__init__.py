"""What becomes of keys: made, admitted at each call, revoked."""

from portal.keys.services.admitting import admit_key, find_caller
from portal.keys.services.making import make_key, revoke_key
from portal.keys.services.reminding import remind_expiring

__all__ = ["admit_key", "find_caller", "make_key", "remind_expiring", "revoke_key"]
