"""Indexes of matching: open households by when they were confirmed, and by the rarest wishes."""

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('available', 'held')")


def upgrade() -> None:
    op.create_index("ix_vacancy_recent", "vacancy", [sa.text("confirmed_at DESC")], postgresql_where=OPEN)
    op.create_index(
        "ix_vacancy_wishes",
        "vacancy",
        ["languages", "accessibility", "skills"],
        postgresql_using="gin",
        postgresql_where=OPEN,
    )
