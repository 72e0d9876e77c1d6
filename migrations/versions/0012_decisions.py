"""The papers of a decision, decisions line by line, letters, what happens in standstill, and the signed text."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels = None
depends_on = None

COUNCIL = "(SELECT app_is_council())"

# Who sees a row of each new table through the web's role (rules 1 and 9), and who may write one.
SEALED = {
    "decision_record": (COUNCIL, None),
    "decision_line": (COUNCIL, None),
    "published_record": ("true", COUNCIL),
    "letter_preview": (COUNCIL, None),
    "decision_letter": ("EXISTS (SELECT FROM decision_notice n WHERE n.id = notice_id)", None),
    "standstill_event": (COUNCIL, None),
}
UNCHANGING = ("decision_line", "published_record", "decision_letter", "standstill_event")
TEXT_OF_RECORD = (
    "exempt", "exempt_reason", "number", "delegation", "consultee", "consultee_view", "committee",
    "committee_view", "member_number", "member_name", "medway_signatory", "medway_position", "screening",
    "award_notice",
)  # fmt: skip
DATES_OF_RECORD = (
    "notice_on", "consulted_on", "committee_on", "member_decided_on", "member_call_in_ended_on",
    "medway_agreed_on", "screened_on", "screening_review_on", "published_on", "call_in_ends_on",
    "award_notice_on",
)  # fmt: skip
# What is recorded after the decision was signed; everything else stays as it was signed.
AFTERWARDS = ("published_on", "call_in_ends_on", "award_notice", "award_notice_on", "version")


def upgrade() -> None:
    _papers()
    _decided_line_by_line()
    _letters()
    _standstill_events()
    _signed_texts()
    for table, (visible, writing) in SEALED.items():
        _seal(table, visible, writing)
    for table in UNCHANGING:
        op.execute(
            f"CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    _keep_signed_records()
    _keep_editors_apart()
    _claims_block()
    _keep_signatures()


def _moment(name: str, *, nullable: bool = False) -> sa.Column[sa.DateTime]:
    default = sa.text("portal_now()") if name == "created_at" else None
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True), nullable=nullable, server_default=default)


def _identified() -> sa.Column[sa.Uuid]:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False)


def _json(name: str, *, nullable: bool = False) -> sa.Column[sa.JSON]:
    return sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=nullable)


def _papers() -> None:
    op.create_table(
        "decision_record",
        _identified(),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        *(_json(name) for name in ("report", "record", "spend")),
        sa.Column("editor_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("is_key", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXT_OF_RECORD),
        *(sa.Column(name, sa.Date(), nullable=True) for name in DATES_OF_RECORD),
        _moment("created_at"),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("exempt = '' OR exempt_reason <> ''", name="exempt_with_reason"),
        sa.CheckConstraint("call_in_ends_on >= published_on", name="call_in_after_publication"),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("round_id"),
    )
    op.create_table(
        "published_record",
        _identified(),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        _json("content"),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        _moment("created_at"),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("round_id"),
    )


def _decided_line_by_line() -> None:
    op.add_column("decision", _json("record", nullable=True))
    op.add_column("decision", sa.Column("record_sha256", sa.Text(), nullable=True))
    op.create_check_constraint(
        "signed_record", "decision", "(kind = 'approve') = (record_sha256 IS NOT NULL)"
    )
    op.add_column("recommendation_line", sa.Column("answer", sa.Text(), nullable=False, server_default=""))
    op.alter_column("recommendation_line", "answer", server_default=None)
    op.create_table(
        "decision_line",
        _identified(),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("recommendation_line_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("point", sa.Text(), nullable=False),
        _moment("created_at"),
        sa.CheckConstraint("kind IN ('approve', 'refer_back', 'reject')", name="decisionkind"),
        sa.CheckConstraint("kind = 'approve' OR point <> ''", name="with_point"),
        sa.ForeignKeyConstraint(["decision_id"], ["decision.id"]),
        sa.ForeignKeyConstraint(["recommendation_line_id"], ["recommendation_line.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("decision_id", "recommendation_line_id"),
    )


def _letters() -> None:
    op.create_table(
        "letter_preview",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("previewed_by_id", sa.Uuid(), nullable=False),
        _moment("previewed_at"),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["previewed_by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("application_id"),
    )
    op.create_table(
        "decision_letter",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("stored_name", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        _moment("typeset_at"),
        sa.CheckConstraint("size > 0", name="not_empty"),
        sa.ForeignKeyConstraint(["notice_id"], ["decision_notice.id"]),
        sa.PrimaryKeyConstraint("notice_id"),
    )


def _standstill_events() -> None:
    op.create_table(
        "standstill_event",
        _identified(),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(11), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        _moment("extends_to", nullable=True),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=False),
        _moment("recorded_at"),
        _moment("created_at"),
        sa.CheckConstraint("kind IN ('complaint', 'extension', 'claim', 'claim_ended')", name="eventkind"),
        sa.CheckConstraint("summary <> ''", name="with_summary"),
        sa.CheckConstraint("(kind = 'extension') = (extends_to IS NOT NULL)", name="extends_when"),
        sa.CheckConstraint("(kind = 'claim_ended') = (claim_id IS NOT NULL)", name="ends_what"),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"]),
        sa.ForeignKeyConstraint(["claim_id"], ["standstill_event.id"]),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("claim_id"),
    )
    op.create_index(op.f("ix_standstill_event_round_id"), "standstill_event", ["round_id"])


def _signed_texts() -> None:
    op.add_column("agreement", sa.Column("text", sa.Text(), server_default="", nullable=False))
    op.add_column("agreement", sa.Column("text_sha256", sa.Text(), server_default="", nullable=False))
    op.add_column("agreement", sa.Column("signed_sha256", sa.Text(), nullable=True))


def _seal(table: str, visible: str, writing: str | None) -> None:
    check = f"WITH CHECK ({writing})" if writing else ""
    op.execute(f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY web ON {table} TO portal_app USING ({visible}) {check};
        CREATE POLICY others ON {table} TO portal_worker, portal_owner USING (true) WITH CHECK (true);
    """)


def _keep_signed_records() -> None:
    """Once the decision is approved its record stays as it was signed, but for publication and call-in."""
    left_out = "".join(f" - '{name}'" for name in AFTERWARDS)
    op.execute(f"""
        CREATE FUNCTION keep_decision_record() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM decision d JOIN recommendation r ON r.id = d.recommendation_id
                       WHERE r.round_id = OLD.round_id AND d.kind = 'approve')
               AND (TG_OP = 'DELETE' OR to_jsonb(NEW){left_out} <> to_jsonb(OLD){left_out}) THEN
                RAISE EXCEPTION 'the record of a decision stays as it was signed'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'record_signed';
            END IF;
            RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        END $$;
        CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON decision_record
        FOR EACH ROW EXECUTE FUNCTION keep_decision_record();
    """)


def _keep_editors_apart() -> None:
    """Rule 6: to write the papers of a decision is to recommend it."""
    op.execute("""
        CREATE FUNCTION keep_editors_apart() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM recommendation r JOIN decision_record p ON p.round_id = r.round_id
                       WHERE r.id = NEW.recommendation_id AND NEW.decided_by_id = ANY (p.editor_ids)) THEN
                RAISE EXCEPTION 'the approver wrote the papers of this decision'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'duties_apart';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER editors_apart BEFORE INSERT ON decision
        FOR EACH ROW EXECUTE FUNCTION keep_editors_apart();
    """)


def _claims_block() -> None:
    """A claim form that is known of stops conclusion and signatures until it is recorded as lifted or ended."""
    op.execute("""
        CREATE FUNCTION has_open_claim(of_round uuid) RETURNS boolean
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT EXISTS (SELECT FROM standstill_event c WHERE c.round_id = of_round AND c.kind = 'claim'
                          AND NOT EXISTS (SELECT FROM standstill_event e WHERE e.claim_id = c.id)) $$;

        CREATE FUNCTION refuse_while_claimed() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            of_round uuid;
        BEGIN
            IF TG_TABLE_NAME = 'round' THEN
                of_round := NEW.id;
            ELSE
                SELECT round_id INTO of_round FROM application WHERE id = NEW.application_id;
            END IF;
            IF has_open_claim(of_round) THEN
                RAISE EXCEPTION 'a claim form is known of'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_open';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER not_while_claimed BEFORE UPDATE ON agreement FOR EACH ROW
        WHEN (NEW.state <> OLD.state AND (NEW.state = 'signed' OR OLD.state = 'signed'))
        EXECUTE FUNCTION refuse_while_claimed();
        CREATE TRIGGER not_while_claimed BEFORE UPDATE ON round FOR EACH ROW
        WHEN (NEW.state <> OLD.state AND NEW.state = 'concluded')
        EXECUTE FUNCTION refuse_while_claimed();
    """)


def _keep_signatures() -> None:
    """What was offered is what is signed, and what was signed is what is countersigned."""
    op.execute("""
        CREATE FUNCTION keep_agreement_text() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (NEW.text, NEW.text_sha256) IS DISTINCT FROM (OLD.text, OLD.text_sha256)
               OR (OLD.signed_at IS NOT NULL
                   AND (NEW.signed_by_id, NEW.signatory_name, NEW.signatory_position, NEW.signed_at,
                        NEW.signed_sha256)
                       IS DISTINCT FROM
                       (OLD.signed_by_id, OLD.signatory_name, OLD.signatory_position, OLD.signed_at,
                        OLD.signed_sha256))
               OR (NEW.signed_sha256 IS NOT NULL AND NEW.signed_sha256 <> NEW.text_sha256) THEN
                RAISE EXCEPTION 'an agreement stays as it was offered and signed'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'record_never_changes';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER kept BEFORE UPDATE ON agreement
        FOR EACH ROW EXECUTE FUNCTION keep_agreement_text();
    """)
