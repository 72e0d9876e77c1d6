"""What a document is and until when it holds, its page pictures, and files that were replaced."""

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels = None
depends_on = None

KINDS = (
    "ofsted_report",
    "statement_of_purpose",
    "childrens_guide",
    "insurance",
    "safeguarding",
    "safer_recruitment",
    "allegations",
    "whistleblowing",
    "complaints",
    "missing_from_care",
    "equality",
    "health_and_safety",
    "data_protection",
    "business_continuity",
    "accounts",
    "other",
)


def upgrade() -> None:
    op.add_column("document", sa.Column("finding", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "document",
        sa.Column("evidence_kind", sa.Enum(*KINDS, name="evidencekind", native_enum=False), nullable=True),
    )
    op.add_column("document", sa.Column("page_count", sa.Integer(), nullable=True))
    op.add_column("document", sa.Column("picture_count", sa.Integer(), nullable=True))
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    op.create_check_constraint("evidencekind", "document", f"evidence_kind IN ({kinds})")
    op.create_check_constraint("dates_in_order", "document", "expires_on >= issued_on")
    op.create_check_constraint("pictures_of_pages", "document", "picture_count <= page_count")

    op.add_column(
        "answer", sa.Column("obtained_on_award", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("evidence", sa.Column("replaced_by_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(None, "evidence", "evidence", ["replaced_by_id"], ["id"])
    op.create_unique_constraint(None, "evidence", ["replaced_by_id"])
    op.create_check_constraint("replaced_by_another", "evidence", "replaced_by_id <> id")
    _keep_documents()


def _keep_documents() -> None:
    """Rule 2 for files: the content never changes; what is said of it, not after the deadline."""
    op.execute("""
        CREATE FUNCTION keep_document() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            earliest timestamptz;
        BEGIN
            IF (NEW.organisation_id, NEW.round_id, NEW.uploaded_by_id, NEW.original_name, NEW.kind, NEW.size,
                NEW.sha256, NEW.stored_name)
               IS DISTINCT FROM
               (OLD.organisation_id, OLD.round_id, OLD.uploaded_by_id, OLD.original_name, OLD.kind, OLD.size,
                OLD.sha256, OLD.stored_name) THEN
                RAISE EXCEPTION 'an uploaded file never changes'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'record_never_changes';
            END IF;
            IF (NEW.evidence_kind, NEW.issued_on, NEW.expires_on)
               IS DISTINCT FROM (OLD.evidence_kind, OLD.issued_on, OLD.expires_on) THEN
                SELECT min(deadline) INTO earliest FROM (
                    SELECT r.submission_deadline AS deadline FROM round r
                    JOIN application a ON a.round_id = r.id JOIN answer w ON w.application_id = a.id
                    JOIN evidence e ON e.answer_id = w.id WHERE e.document_id = OLD.id FOR SHARE OF r) held;
                IF portal_now() > earliest THEN
                    RAISE EXCEPTION 'the deadline has passed'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'deadline_passed';
                END IF;
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER kept BEFORE UPDATE ON document FOR EACH ROW EXECUTE FUNCTION keep_document();
    """)
