"""Extensions of a framework: proposed, consulted on, decided, notified; its end moves by them alone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels = None
depends_on = None

TEXTS = (
    "clause", "reasons", "consultee", "consultee_view", "medway_signatory", "decision_number",
    "decision_position", "decision_reasons",
)  # fmt: skip
PEOPLE = ("proposed_by_id", "consultation_by_id", "decided_by_id", "notified_by_id")
# What each step writes; everything before it stays.
CONSULTATION = (
    "consultee", "consulted_on", "consultee_view", "medway_signatory", "medway_agreed_on", "consultation_by_id",
)  # fmt: skip
DECISION = ("decision_number", "decision_position", "decision_reasons", "decided_by_id", "decided_at")
NOTIFIED = ("notified_by_id", "notified_at")


def upgrade() -> None:
    op.create_table(
        "framework_extension",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("framework_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        *(sa.Column(name, sa.Date(), nullable=False) for name in ("extends_from", "extends_to")),
        *(sa.Column(name, sa.Date(), nullable=True) for name in ("consulted_on", "medway_agreed_on")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        *(sa.Column(name, sa.Uuid(), nullable=name != "proposed_by_id") for name in PEOPLE),
        _moment("proposed_at", nullable=False),
        _moment("decided_at"),
        _moment("notified_at"),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'consulted', 'decided', 'notified')", name="extensionstate"
        ),
        sa.CheckConstraint("extends_to > extends_from", name="later"),
        sa.CheckConstraint("clause <> '' AND reasons <> ''", name="with_reasons"),
        sa.CheckConstraint(
            "state = 'proposed' OR (consultation_by_id IS NOT NULL AND consulted_on IS NOT NULL"
            " AND medway_agreed_on IS NOT NULL AND consultee <> '' AND medway_signatory <> '')",
            name="consulted_before_more",
        ),
        sa.CheckConstraint(
            "(state IN ('proposed', 'consulted')) = (decided_at IS NULL)"
            " AND (decided_at IS NULL) = (decided_by_id IS NULL)"
            " AND (decided_at IS NULL) = (decision_number = '')"
            " AND (decided_at IS NULL) = (decision_reasons = '')",
            name="decided_whole",
        ),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR (decided_by_id <> proposed_by_id AND decided_by_id <> consultation_by_id)",
            name="duties_apart",
        ),
        sa.CheckConstraint("(state = 'notified') = (notified_at IS NOT NULL)", name="notified_when"),
        sa.ForeignKeyConstraint(["framework_id"], ["framework.id"]),
        *(sa.ForeignKeyConstraint([name], ["person.id"]) for name in PEOPLE),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_framework_extension_framework_id"), "framework_extension", ["framework_id"])
    # Providers learn of an extension once it is decided: it moves the end of their own agreement.
    op.execute("""
        ALTER TABLE framework_extension ENABLE ROW LEVEL SECURITY;
        ALTER TABLE framework_extension FORCE ROW LEVEL SECURITY;
        CREATE POLICY web ON framework_extension TO portal_app
            USING ((SELECT app_is_council()) OR state IN ('decided', 'notified'))
            WITH CHECK ((SELECT app_is_council()));
        CREATE POLICY others ON framework_extension TO portal_worker, portal_owner
            USING (true) WITH CHECK (true);
    """)
    _keep()
    _move_by_decision()


def _moment(name: str, *, nullable: bool = True) -> sa.Column[sa.DateTime]:
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True), nullable=nullable)


def _without(names: tuple[str, ...]) -> str:
    return "".join(f" - '{name}'" for name in ("state", "version", *names))


def _keep() -> None:
    """Each step writes what is its own, and the states follow one another."""
    steps = {
        ("proposed", "consulted"): CONSULTATION,
        ("consulted", "decided"): DECISION,
        ("decided", "notified"): NOTIFIED,
    }
    allowed = " OR ".join(
        f"(OLD.state = '{before}' AND NEW.state = '{after}'"
        f" AND to_jsonb(NEW){_without(names)} = to_jsonb(OLD){_without(names)})"
        for (before, after), names in steps.items()
    )
    op.execute(f"""
        CREATE FUNCTION keep_extension() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                IF NEW.state = 'proposed' THEN RETURN NEW; END IF;
            ELSIF TG_OP = 'UPDATE' AND ({allowed}) THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'an extension goes its steps, and each stays as it was recorded'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'record_never_changes';
        END $$;
        CREATE TRIGGER kept BEFORE INSERT OR UPDATE OR DELETE ON framework_extension
        FOR EACH ROW EXECUTE FUNCTION keep_extension();
    """)


def _move_by_decision() -> None:
    """Once there are agreements, their common end moves only by a decided extension."""
    op.execute("""
        CREATE FUNCTION keep_framework_end() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
        BEGIN
            IF EXISTS (SELECT FROM agreement WHERE framework_id = NEW.id)
               AND NOT EXISTS (SELECT FROM framework_extension e WHERE e.framework_id = NEW.id
                               AND e.extends_from = OLD.ends_on AND e.extends_to = NEW.ends_on
                               AND e.decided_at IS NOT NULL) THEN
                RAISE EXCEPTION 'the end of a framework moves only by a decided extension'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'extension_decided';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER end_kept BEFORE UPDATE OF ends_on ON framework
        FOR EACH ROW WHEN (NEW.ends_on IS DISTINCT FROM OLD.ends_on) EXECUTE FUNCTION keep_framework_end();
    """)
