"""Drafting: answers carried over from an earlier application, and comments among an applicant's colleagues."""

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None

# The applicant's own people, for ever: what colleagues say to one another is no part of the application.
OWN_APPLICATION = """
    EXISTS (SELECT FROM application a WHERE a.id = application_id AND a.organisation_id IN (
        SELECT organisation_id FROM role_grant
        WHERE person_id = app_person_id() AND organisation_id IS NOT NULL))
"""


def upgrade() -> None:
    op.add_column("answer", sa.Column("carried_from", sa.Text(), nullable=True))
    _comments()
    op.execute("ALTER TABLE answer_comment ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE answer_comment FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY web ON answer_comment TO portal_app USING ({OWN_APPLICATION})")
    op.execute(
        "CREATE POLICY others ON answer_comment TO portal_worker, portal_owner USING (true) WITH CHECK (true)"
    )


def _comments() -> None:
    op.create_table(
        "answer_comment",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("resolved_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("resolved_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("portal_now()"), nullable=False
        ),
        sa.CheckConstraint("text <> ''", name=op.f("ck_answer_comment_says_something")),
        sa.CheckConstraint(
            "(resolved_at IS NULL) = (resolved_by_id IS NULL)", name=op.f("ck_answer_comment_resolved_whole")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_answer_comment_application_id")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_answer_comment_author_id")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_answer_comment_question_id")),
        sa.ForeignKeyConstraint(
            ["resolved_by_id"], ["person.id"], name=op.f("fk_answer_comment_resolved_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_comment")),
    )
    op.create_index(
        op.f("ix_answer_comment_application_id_question_id"),
        "answer_comment",
        ["application_id", "question_id"],
    )
