"""The Cabinet Member who is consulted declares interests too: what, and when (rule 3)."""

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "decision_record", sa.Column("consultee_interests", sa.Text(), server_default="", nullable=False)
    )
    op.add_column("decision_record", sa.Column("consultee_declared_on", sa.Date(), nullable=True))
