"""Manifests and receipts, standing instructions, reminders, and what is kept of a late attempt."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels = None
depends_on = None

MEMBER = (
    "SELECT organisation_id FROM role_grant WHERE person_id = app_person_id() AND organisation_id IS NOT NULL"
)
OWN_APPLICATION = (
    "EXISTS (SELECT FROM application a WHERE a.id = application_id AND a.organisation_id IN (" + MEMBER + "))"
)
MOMENT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    _add_columns()
    _add_standing_instruction()
    _add_reminder()
    for table in ("standing_instruction", "reminder"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY web ON {table} TO portal_app USING ({OWN_APPLICATION})")
        op.execute(
            f"CREATE POLICY others ON {table} TO portal_worker, portal_owner USING (true) WITH CHECK (true)"
        )
    # What was to be submitted too late stays sealed for ever, to all but its own people.
    op.execute("DROP POLICY web ON late_attempt")
    op.execute(f"CREATE POLICY web ON late_attempt TO portal_app USING ({OWN_APPLICATION})")
    _let_instructions_through()
    _void_instructions()
    _keep_instructions()
    _answer_at_opening()
    _verify_receipts()


def _add_columns() -> None:
    op.add_column("application", sa.Column("withdrawn_reason", sa.Text(), nullable=True))
    op.add_column("submission", sa.Column("instructed_at", MOMENT, nullable=True))
    for table, name, kind, empty in (
        ("submission", "manifest", postgresql.JSONB(astext_type=sa.Text()), "{}"),
        ("submitted_price", "salt", sa.Text(), ""),
        ("late_attempt", "manifest", postgresql.JSONB(astext_type=sa.Text()), "{}"),
        ("late_attempt", "sha256", sa.Text(), ""),
    ):
        op.add_column(table, sa.Column(name, kind, server_default=empty, nullable=False))
        op.alter_column(table, name, server_default=None)


def _add_standing_instruction() -> None:
    op.create_table(
        "standing_instruction",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("given_by_id", sa.Uuid(), nullable=False),
        sa.Column("given_at", MOMENT, server_default=sa.text("portal_now()"), nullable=False),
        sa.Column("declared_at", MOMENT, nullable=False),
        sa.Column("voided_at", MOMENT, nullable=True),
        sa.Column("carried_out_at", MOMENT, nullable=True),
        sa.Column("submission_id", sa.Uuid(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("portal_now()"), nullable=False),
        sa.CheckConstraint(
            "(carried_out_at IS NULL AND submission_id IS NULL AND problem IS NULL)"
            " OR (carried_out_at IS NOT NULL AND (submission_id IS NULL) <> (problem IS NULL))",
            name=op.f("ck_standing_instruction_carried_out_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_standing_instruction_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["given_by_id"], ["person.id"], name=op.f("fk_standing_instruction_given_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_standing_instruction_submission_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_instruction")),
    )
    op.create_index(
        "uq_standing_instruction_application_id",
        "standing_instruction",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text("voided_at IS NULL"),
    )


def _add_reminder() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("deadline", MOMENT, nullable=False),
        sa.Column("hours_before", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("portal_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_reminder_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint(
            "application_id",
            "deadline",
            "hours_before",
            name=op.f("uq_reminder_application_id_deadline_hours_before"),
        ),
    )


def _let_instructions_through() -> None:
    """Rule 2 as before, but for the one late row it allows: a submission of the deadline's own instant, that an
    instruction given in time asks for and that was not carried out yet."""
    op.execute("""
        CREATE OR REPLACE FUNCTION refuse_late() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            deadline timestamptz;
            of_application uuid;
        BEGIN
            IF TG_TABLE_NAME = 'evidence' THEN
                SELECT application_id INTO of_application FROM answer
                WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.answer_id ELSE NEW.answer_id END;
            ELSE
                of_application := CASE WHEN TG_OP = 'DELETE' THEN OLD.application_id ELSE NEW.application_id END;
            END IF;
            SELECT r.submission_deadline INTO deadline FROM round r
            JOIN application a ON a.round_id = r.id WHERE a.id = of_application FOR SHARE OF r;
            IF portal_now() > deadline THEN
                IF TG_TABLE_NAME = 'submission' AND TG_OP = 'INSERT' THEN
                    IF NEW.submitted_at = deadline AND EXISTS (
                        SELECT FROM standing_instruction i
                        WHERE i.application_id = of_application AND i.given_at = NEW.instructed_at
                        AND i.created_at <= deadline AND i.voided_at IS NULL AND i.carried_out_at IS NULL
                    ) THEN
                        RETURN NEW;
                    END IF;
                END IF;
                RAISE EXCEPTION 'the deadline has passed'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'deadline_passed';
            END IF;
            RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        END $$;
        CREATE TRIGGER not_late BEFORE INSERT ON standing_instruction
        FOR EACH ROW EXECUTE FUNCTION refuse_late();
    """)


def _void_instructions() -> None:
    """Whatever is edited after an instruction was given makes it void, also when a service forgets to say so."""
    op.execute("""
        CREATE FUNCTION void_instruction() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            of_application uuid;
        BEGIN
            IF TG_TABLE_NAME = 'evidence' THEN
                SELECT application_id INTO of_application FROM answer
                WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.answer_id ELSE NEW.answer_id END;
            ELSE
                of_application := CASE WHEN TG_OP = 'DELETE' THEN OLD.application_id ELSE NEW.application_id END;
            END IF;
            UPDATE standing_instruction SET voided_at = portal_now()
            WHERE application_id = of_application AND voided_at IS NULL AND carried_out_at IS NULL;
            RETURN NULL;
        END $$;
    """)
    for table in ("answer", "bid_price", "evidence"):
        op.execute(
            f"CREATE TRIGGER voids_instruction AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION void_instruction()"
        )


def _keep_instructions() -> None:
    """An instruction is given once and ends once: nobody alters, revives or removes one."""
    op.execute("""
        CREATE FUNCTION keep_instruction() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' OR OLD.voided_at IS NOT NULL OR OLD.carried_out_at IS NOT NULL
                OR (NEW.application_id, NEW.given_by_id, NEW.given_at, NEW.declared_at, NEW.created_at)
                    IS DISTINCT FROM
                   (OLD.application_id, OLD.given_by_id, OLD.given_at, OLD.declared_at, OLD.created_at)
            THEN
                RAISE EXCEPTION 'standing instructions never change'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'record_never_changes';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON standing_instruction
        FOR EACH ROW EXECUTE FUNCTION keep_instruction();
        CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON reminder
        FOR EACH ROW EXECUTE FUNCTION refuse_change();
    """)


def _answer_at_opening() -> None:
    """What opening has to carry out first, and in whose name: nothing before two officers have opened."""
    op.execute("""
        CREATE FUNCTION due_instructions(of_round uuid)
        RETURNS TABLE (application_id uuid, person_id uuid)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT a.id, (SELECT g.person_id FROM role_grant g WHERE g.organisation_id = a.organisation_id
                         ORDER BY g.person_id = i.given_by_id DESC, g.person_id LIMIT 1)
           FROM standing_instruction i JOIN application a ON a.id = i.application_id
           JOIN round r ON r.id = a.round_id
           WHERE r.id = of_round AND r.opened_at > r.submission_deadline
           AND i.voided_at IS NULL AND i.carried_out_at IS NULL
           ORDER BY i.given_at $$
    """)


def _verify_receipts() -> None:
    """Whoever holds a receipt learns what became of it; whoever does not, learns nothing."""
    op.execute("""
        CREATE FUNCTION verify_receipt(of_reference text, fingerprint text)
        RETURNS TABLE (number int, received_at timestamptz, latest int, withdrawn_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT s.number, s.submitted_at,
                  (SELECT max(l.number) FROM submission l WHERE l.application_id = a.id), a.withdrawn_at
           FROM submission s JOIN application a ON a.id = s.application_id
           WHERE a.reference = of_reference AND s.sha256 = fingerprint $$
    """)
