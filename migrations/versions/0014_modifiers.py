"""Modifiers of a price schedule: siblings, long term, retainer and solo, by price version."""

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels = None
depends_on = None

PERCENT = sa.Numeric(5, 2)


def upgrade() -> None:
    op.create_table(
        "price_modifiers",
        sa.Column("price_version_id", sa.Uuid(), nullable=False),
        sa.Column("framework_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("sibling_from", sa.Integer(), nullable=True),
        sa.Column("sibling_percent", PERCENT, nullable=True),
        sa.Column("long_term_weeks", sa.Integer(), nullable=True),
        sa.Column("long_term_percent", PERCENT, nullable=True),
        sa.Column("retainer_percent", PERCENT, nullable=True),
        sa.Column("solo_amount", sa.Numeric(12, 2), nullable=True),
        sa.Column("solo_percent", PERCENT, nullable=True),
        sa.CheckConstraint(
            "(sibling_from IS NULL) = (sibling_percent IS NULL) AND sibling_from >= 2"
            " AND sibling_percent > 0 AND sibling_percent < 100",
            name=op.f("ck_price_modifiers_sibling_discount"),
        ),
        sa.CheckConstraint(
            "(long_term_weeks IS NULL) = (long_term_percent IS NULL) AND long_term_weeks >= 1"
            " AND long_term_percent > 0 AND long_term_percent < 100",
            name=op.f("ck_price_modifiers_long_term_discount"),
        ),
        sa.CheckConstraint(
            "retainer_percent > 0 AND retainer_percent <= 100", name=op.f("ck_price_modifiers_retainer")
        ),
        sa.CheckConstraint(
            "num_nonnulls(solo_amount, solo_percent) <= 1 AND coalesce(solo_amount, solo_percent, 1) > 0",
            name=op.f("ck_price_modifiers_solo_supplement"),
        ),
        sa.ForeignKeyConstraint(
            ["framework_id"], ["framework.id"], name=op.f("fk_price_modifiers_framework_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_price_modifiers_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["price_version_id"], ["price_version.id"], name=op.f("fk_price_modifiers_price_version_id")
        ),
        sa.PrimaryKeyConstraint("price_version_id", name=op.f("pk_price_modifiers")),
        sa.UniqueConstraint(
            "framework_id",
            "organisation_id",
            "effective_from",
            name=op.f("uq_price_modifiers_framework_id_organisation_id_effective_from"),
        ),
    )
    op.create_index(
        op.f("ix_price_modifiers_organisation_id"), "price_modifiers", ["organisation_id"], unique=False
    )
    # What was agreed is never overwritten (rule 8): a change is another version.
    op.execute("REVOKE UPDATE, DELETE ON price_modifiers FROM portal_app, portal_worker")
