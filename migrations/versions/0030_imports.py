"""Spreadsheets of households: what was sent and is compared, and what a provider's own headings mean."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels = None
depends_on = None

OWN = "organisation_id IN (SELECT app_organisation_ids())"
# What stands in them is the provider's alone, special category data too (rule 9).
SEALED = {
    "vacancy_import": OWN,
    "vacancy_column_name": OWN,
    "vacancy_import_part": "EXISTS (SELECT FROM vacancy_import i WHERE i.id = import_id)",
}
STATES = ("uploaded", "read", "previewed", "saved", "discarded", "undone")
WAITING = sa.text("state IN ('uploaded', 'read', 'previewed')")


def upgrade() -> None:
    _imports()
    op.create_table(
        "vacancy_import_part",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rows", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["vacancy_import.id"], name=op.f("fk_vacancy_import_part_import_id")
        ),
        sa.PrimaryKeyConstraint("import_id", "kind", "number", name=op.f("pk_vacancy_import_part")),
    )
    op.create_table(
        "vacancy_column_name",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_vacancy_column_name_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "heading", name=op.f("pk_vacancy_column_name")),
    )
    for table, visible in SEALED.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY web ON {table} TO portal_app USING ({visible})")
        op.execute(
            f"CREATE POLICY others ON {table} TO portal_worker, portal_owner USING (true) WITH CHECK (true)"
        )
    op.execute("REVOKE DELETE, TRUNCATE ON vacancy_import FROM portal_app, portal_worker")


def _imports() -> None:
    op.create_table(
        "vacancy_import",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("sent_by_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="importstate", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("heading", postgresql.JSONB(), nullable=True),
        sa.Column("seen", postgresql.JSONB(), nullable=True),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("notes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("choice", postgresql.JSONB(), nullable=True),
        sa.Column("told", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("over_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "state NOT IN ('discarded', 'undone') OR content IS NULL",
            name=op.f("ck_vacancy_import_content_until_over"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_vacancy_import_organisation_id")
        ),
        sa.ForeignKeyConstraint(["sent_by_id"], ["person.id"], name=op.f("fk_vacancy_import_sent_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vacancy_import")),
    )
    op.create_index("ix_vacancy_import_list", "vacancy_import", ["organisation_id", "id"])
    op.create_index(
        "uq_vacancy_import_waiting",
        "vacancy_import",
        ["organisation_id", "sha256"],
        unique=True,
        postgresql_where=WAITING,
    )
