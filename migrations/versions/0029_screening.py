"""The councils keep files of their own, the first of them the equality screening behind a decision."""

import sqlalchemy as sa
from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("document", "organisation_id", nullable=True)
    op.create_check_constraint(
        op.f("ck_document_only_applicants_are_sealed"),
        "document",
        "organisation_id IS NOT NULL OR round_id IS NULL",
    )
    op.add_column("decision_record", sa.Column("screening_document_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_decision_record_screening_document_id"),
        "decision_record",
        "document",
        ["screening_document_id"],
        ["id"],
    )
    op.execute("""
        ALTER POLICY web ON document USING (
            organisation_id IN (SELECT app_organisation_ids())
            OR (organisation_id IS NULL AND (SELECT app_is_council()))
            OR app_may_read_document(id))
    """)
