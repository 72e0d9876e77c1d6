"""Who saved a price in an application, and when: shown beside it, and what makes one sitting of an hour's typing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bid_price", sa.Column("priced_by_id", sa.Uuid(), nullable=True))
    op.add_column("bid_price", sa.Column("priced_at", TIMESTAMP(timezone=True), nullable=True))
    op.create_foreign_key(None, "bid_price", "person", ["priced_by_id"], ["id"])


def downgrade() -> None:
    op.drop_column("bid_price", "priced_at")
    op.drop_column("bid_price", "priced_by_id")
