"""Notifications, how people wish to be told, daily emails, text messages and what became of a message."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    _digest()
    _notification()
    _settings()
    _message()
    _guards()


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False)


def _created_at() -> sa.Column[object]:
    return sa.Column("created_at", MOMENT, server_default=sa.text("portal_now()"), nullable=False)


def _digest() -> None:
    op.create_table(
        "digest",
        _id(),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sealed_round_id", sa.Uuid(), nullable=True),
        _created_at(),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_digest_person_id")),
        sa.ForeignKeyConstraint(["sealed_round_id"], ["round.id"], name=op.f("fk_digest_sealed_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.UniqueConstraint(
            "person_id",
            "day",
            "sealed_round_id",
            name=op.f("uq_digest_person_id_day_sealed_round_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )


def _notification() -> None:
    op.create_table(
        "notification",
        _id(),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("is_mandatory", sa.Boolean(), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("cause_id", sa.Uuid(), nullable=True),
        sa.Column("sealed_round_id", sa.Uuid(), nullable=True),
        sa.Column("waits_for_digest", sa.Boolean(), nullable=False),
        sa.Column("digest_id", sa.Uuid(), nullable=True),
        sa.Column("read_at", MOMENT, nullable=True),
        _created_at(),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name=op.f("fk_notification_digest_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notification_person_id")),
        sa.ForeignKeyConstraint(
            ["sealed_round_id"], ["round.id"], name=op.f("fk_notification_sealed_round_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint(
            "person_id", "template", "cause_id", name=op.f("uq_notification_person_id_template_cause_id")
        ),
    )
    op.create_index(op.f("ix_notification_person_id_created_at"), "notification", ["person_id", "created_at"])
    op.create_index(
        "ix_notification_unread", "notification", ["person_id"], postgresql_where=sa.text("read_at IS NULL")
    )
    op.create_index(
        "ix_notification_waiting",
        "notification",
        ["person_id"],
        postgresql_where=sa.text("waits_for_digest AND digest_id IS NULL AND read_at IS NULL"),
    )


def _settings() -> None:
    op.create_table(
        "notification_settings",
        _id(),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("digest_topics", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("mobile", sa.Text(), nullable=True),
        _created_at(),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notification_settings_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_settings")),
        sa.UniqueConstraint("person_id", name=op.f("uq_notification_settings_person_id")),
    )


def _message() -> None:
    op.drop_constraint("ck_message_messagestate", "message")
    op.execute("ALTER TABLE message ALTER COLUMN state TYPE varchar(9)")
    op.create_check_constraint(
        op.f("ck_message_messagestate"),
        "message",
        "state IN ('queued', 'sending', 'sent', 'delivered', 'in_doubt', 'failed', 'left')",
    )
    op.add_column(
        "message",
        sa.Column(
            "channel",
            sa.Enum("email", "text", name="channel", native_enum=False, create_constraint=False),
            server_default="email",
            nullable=False,
        ),
    )
    op.create_check_constraint(op.f("ck_message_channel"), "message", "channel IN ('email', 'text')")
    op.add_column("message", sa.Column("asked", sa.Integer(), server_default="0", nullable=False))
    op.add_column("message", sa.Column("notification_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_message_notification_id"), "message", "notification", ["notification_id"], ["id"]
    )
    op.create_index(op.f("ix_message_notification_id"), "message", ["notification_id"])
    op.create_index(
        "ix_message_undelivered",
        "message",
        ["created_at"],
        postgresql_where=sa.text("state IN ('failed', 'in_doubt')"),
    )


def _guards() -> None:
    """Rules 1 and 9: a notification is its person's alone; anybody may cause one without reading it."""
    for table in ("notification", "digest"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY others ON {table} TO portal_worker, portal_owner USING (true) WITH CHECK (true)"
        )
    op.execute("""
        CREATE POLICY web ON notification TO portal_app
        USING (person_id = (SELECT app_person_id())) WITH CHECK (true);

        -- A text names a telephone: whose it is, the notification knows, which the councils cannot read.
        CREATE FUNCTION address_of_told(notified uuid) RETURNS text
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT p.email FROM notification n JOIN person p ON p.id = n.person_id WHERE n.id = notified $$;

        DROP POLICY web ON message;
        CREATE POLICY web ON message TO portal_app USING (
            sealed_round_id IS NULL
            OR ((SELECT app_is_council()) AND was_told_as_applicant(
                CASE channel WHEN 'text' THEN address_of_told(notification_id) ELSE recipient END,
                sealed_round_id))
            OR recipient = (SELECT email FROM person WHERE id = app_person_id())
            OR notification_id IN (SELECT id FROM notification WHERE person_id = (SELECT app_person_id()))
        ) WITH CHECK (true);

        -- How many messages about unopened rounds did not arrive, by day: no address, no round, no hour.
        CREATE FUNCTION count_undelivered_sealed() RETURNS TABLE (day date, messages bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT (m.created_at AT TIME ZONE 'Europe/London')::date, count(*)
           FROM message m JOIN round r ON r.id = m.sealed_round_id
           WHERE m.state IN ('failed', 'in_doubt') AND r.opened_at IS NULL
           GROUP BY 1 ORDER BY 1 DESC $$;
    """)
