"""A request to clarify may be about one question; the councils alone ask, and the applicant alone answers."""

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels = None
depends_on = None

KEPT = ("id", "application_id", "question_id", "question", "due_at", "asked_by_id", "created_at")


def upgrade() -> None:
    op.add_column("clarification_request", sa.Column("question_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(None, "clarification_request", "question", ["question_id"], ["id"])
    _keep_requests()
    _keep_sides_apart()


def _keep_requests() -> None:
    """As in 0008, with the question that the request is about, which belongs to the application's round."""
    new, old = (", ".join(f"{row}.{name}" for name in KEPT) for row in ("NEW", "OLD"))
    op.execute(f"""
        CREATE OR REPLACE FUNCTION keep_clarification_request() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' OR OLD.answered_at IS NOT NULL OR ({new}) IS DISTINCT FROM ({old}) THEN
                RAISE EXCEPTION 'a request stays as it was asked and answered'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'record_never_changes';
            ELSIF portal_now() > OLD.due_at THEN
                RAISE EXCEPTION 'the answer was due at %', OLD.due_at
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'request_overdue';
            END IF;
            RETURN NEW;
        END $$;
    """)


def _keep_sides_apart() -> None:
    """The one policy let whoever sees a request also write one: the applicant a question, the councils an answer."""
    op.execute("""
        CREATE POLICY councils_ask ON clarification_request AS RESTRICTIVE FOR INSERT TO portal_app
        WITH CHECK ((SELECT app_is_council()) AND asked_by_id = (SELECT app_person_id())
                    AND answered_at IS NULL
                    AND (question_id IS NULL OR EXISTS (
                        SELECT FROM question q JOIN section s ON s.id = q.section_id
                        JOIN application a ON a.round_id = s.round_id
                        WHERE q.id = question_id AND a.id = application_id)));
        CREATE POLICY applicants_answer ON clarification_request AS RESTRICTIVE FOR UPDATE TO portal_app
        USING (NOT (SELECT app_is_council()))
        WITH CHECK (NOT (SELECT app_is_council())
                    AND (answered_by_id IS NULL OR answered_by_id = (SELECT app_person_id())));
    """)
