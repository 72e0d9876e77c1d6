"""Providers' keys for machines, their count of calls, and the answers kept for calls that are repeated."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)
KEPT = (
    "organisation_id",
    "person_id",
    "name",
    "starts_with",
    "secret_hash",
    "scopes",
    "expires_at",
    "created_at",
)


def upgrade() -> None:
    _tables()
    _keys_never_grow()
    _replies_are_their_persons()


def _keys_never_grow() -> None:
    """A key is only ever revoked: nothing makes it last longer, do more, or act for somebody else."""
    before, after = (", ".join(f"{row}.{column}" for column in KEPT) for row in ("OLD", "NEW"))
    op.execute(
        f"CREATE TRIGGER stays_as_it_was BEFORE UPDATE ON api_key FOR EACH ROW"
        f" WHEN (({before}) IS DISTINCT FROM ({after}) OR OLD.revoked_at IS NOT NULL)"
        " EXECUTE FUNCTION refuse_change()"
    )
    op.execute("""
        REVOKE DELETE, TRUNCATE ON api_key FROM portal_app, portal_worker;
        ALTER TABLE api_key ENABLE ROW LEVEL SECURITY;
        ALTER TABLE api_key FORCE ROW LEVEL SECURITY;
        CREATE POLICY read ON api_key FOR SELECT USING (true);
        CREATE POLICY others ON api_key TO portal_worker, portal_owner USING (true) WITH CHECK (true);
        -- Nobody makes a key that acts as somebody else.
        CREATE POLICY made_by_themselves ON api_key FOR INSERT TO portal_app
        WITH CHECK (person_id = (SELECT app_person_id()));
        CREATE POLICY revoked_by_colleagues ON api_key FOR UPDATE TO portal_app
        USING (organisation_id IN (SELECT organisation_id FROM role_grant
                                   WHERE person_id = (SELECT app_person_id()) AND organisation_id IS NOT NULL));
    """)


def _replies_are_their_persons() -> None:
    """An answer may hold special category data: it is for the person alone in whose name the key acted."""
    op.execute("""
        ALTER TABLE api_reply ENABLE ROW LEVEL SECURITY;
        ALTER TABLE api_reply FORCE ROW LEVEL SECURITY;
        CREATE POLICY web ON api_reply TO portal_app USING (person_id = (SELECT app_person_id()));
        CREATE POLICY others ON api_reply TO portal_worker, portal_owner USING (true) WITH CHECK (true);
    """)


def _tables() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("starts_with", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("calls_a_minute", sa.Integer(), server_default="120", nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("revoked_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("portal_now()"), nullable=False),
        sa.CheckConstraint("scopes <> '{}'", name=op.f("ck_api_key_for_something")),
        sa.CheckConstraint("calls_a_minute > 0", name=op.f("ck_api_key_calls_allowed")),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_by_id IS NULL)", name=op.f("ck_api_key_revoked_by_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_api_key_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_api_key_person_id")),
        sa.ForeignKeyConstraint(["revoked_by_id"], ["person.id"], name=op.f("fk_api_key_revoked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_key_secret_hash")),
    )
    op.create_index(op.f("ix_api_key_organisation_id"), "api_key", ["organisation_id"])
    op.create_table(
        "api_key_use",
        sa.Column("api_key_id", sa.Uuid(), nullable=False),
        sa.Column("minute", MOMENT, nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("used_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"], name=op.f("fk_api_key_use_api_key_id")),
        sa.PrimaryKeyConstraint("api_key_id", name=op.f("pk_api_key_use")),
    )
    op.create_table(
        "api_reply",
        sa.Column("api_key_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("portal_now()"), nullable=False),
        sa.PrimaryKeyConstraint("api_key_id", "name", name=op.f("pk_api_reply")),
    )
    op.create_index(op.f("ix_api_reply_created_at"), "api_reply", ["created_at"])
