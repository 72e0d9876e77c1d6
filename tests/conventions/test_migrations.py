"""The migrations make exactly the tables that the models describe."""

from __future__ import annotations

from alembic import command
from alembic.config import Config

from portal.config import ROOT
from tests.support.database import TEMPLATE, Databases


def test_models_and_migrated_tables_agree(databases: Databases) -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = databases.url("portal_owner", TEMPLATE)

    # Raises, and names the difference, when a migration is missing.
    command.check(config)
