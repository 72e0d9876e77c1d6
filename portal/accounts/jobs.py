"""Forgetting what is kept only for a while: tries at signing in, and links long expired."""

from __future__ import annotations

from portal.accounts import services
from portal.core.db import transaction
from portal.core.jobs import job


@job("accounts.forget_old", cron="17 * * * *")
def forget_old() -> None:
    """Every hour."""
    with transaction():
        services.forget_old_tries()
        services.forget_old_links()
