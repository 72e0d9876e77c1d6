"""All that a placement officer asks of a household, and the history of each."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels = None
depends_on = None

LISTS = ("languages", "pets", "other_children", "accessibility", "skills")
CHECKS = {
    "over_usual_limit_dated": "(over_usual_limit IS NULL) = (over_usual_limit_from IS NULL)",
    "bedrooms_sane": "bedrooms BETWEEN 1 AND 12",
    "one_or_two_carers": "carers IN (1, 2)",
    "school_run_sane": "school_run_miles BETWEEN 0 AND 50",
    "school_run_by_a_driver": "is_driver IS NOT FALSE OR school_run_miles IS NULL",
}


def upgrade() -> None:
    _add_columns()
    # Until now the date of an exemption was all that was kept.
    op.execute("UPDATE vacancy SET over_usual_limit = 'exemption' WHERE over_usual_limit_from IS NOT NULL")
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_vacancy_{name}"), "vacancy", condition)
    _add_history()


def _add_columns() -> None:
    for column in (
        sa.Column("no_younger_child", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column(
            "over_usual_limit",
            sa.Enum(
                "siblings", "exemption", name="overusuallimit", native_enum=False, create_constraint=True
            ),
            nullable=True,
        ),
        sa.Column("bedrooms", sa.Integer(), nullable=True),
        sa.Column("carers", sa.Integer(), nullable=True),
        sa.Column("ethnicity", sa.Text(), nullable=True),
        sa.Column("religion", sa.Text(), nullable=True),
        sa.Column(
            "smoking",
            sa.Enum("no", "outside", "yes", name="smoking", native_enum=False, create_constraint=True),
            server_default="no",
            nullable=False,
        ),
        sa.Column("is_driver", sa.Boolean(), nullable=True),
        sa.Column("school_run_miles", sa.Integer(), nullable=True),
        *(
            sa.Column(name, sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
            for name in LISTS
        ),
    ):
        op.add_column("vacancy", column)


def _add_history() -> None:
    op.create_table(
        "vacancy_change",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("vacancy_id", sa.Uuid(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("undoes_id", sa.Uuid(), nullable=True),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("after", postgresql.JSONB(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["undoes_id"], ["vacancy_change.id"], name=op.f("fk_vacancy_change_undoes_id")
        ),
        sa.ForeignKeyConstraint(["vacancy_id"], ["vacancy.id"], name=op.f("fk_vacancy_change_vacancy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vacancy_change")),
        sa.UniqueConstraint("undoes_id", name=op.f("uq_vacancy_change_undoes_id")),
    )
    op.create_index("ix_vacancy_change_history", "vacancy_change", ["vacancy_id", "id"])
    op.create_index(
        "ix_vacancy_change_batch_id",
        "vacancy_change",
        ["batch_id"],
        postgresql_where=sa.text("batch_id IS NOT NULL"),
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON vacancy_change FROM portal_app, portal_worker")
