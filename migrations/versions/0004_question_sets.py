"""Question sets edited on screen: conditions, evidence, amendments, the freeze at publication, heartbeats."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None

QUESTION_KINDS = (
    "short_text",
    "long_text",
    "yes_no",
    "choice",
    "several_choices",
    "number",
    "money",
    "date",
    "file",
    "exclusion",
    "declaration",
    "price_schedule",
)
EVIDENCE_KINDS = (
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

# What an amendment may change, and keeps before and after.
WORDING = ("text", "guidance", "word_limit", "choices", "shown_when_value")

# What is published of a round and can never be changed afterwards. The deadline moves by an extension alone.
TERMS = (
    "framework_id",
    "number",
    "quality_weight",
    "price_weight",
    "quality_minimum",
    "admission_rule",
    "admit_at_most",
)


def upgrade() -> None:
    _amendments()
    _questions()
    _heartbeats()
    _freeze_sets()
    _freeze_questions()
    _freeze_terms()
    _carry_choices()


def _amendments() -> None:
    op.create_table(
        "amendment",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("published_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("published_by_id", sa.Uuid(), nullable=False),
        _created_at(),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["person.id"], name=op.f("fk_amendment_published_by_id")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_amendment_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendment")),
        sa.UniqueConstraint("round_id", "number", name=op.f("uq_amendment_round_id_number")),
    )
    op.create_table(
        "amendment_change",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("amendment_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("after", postgresql.JSONB(), nullable=False),
        _created_at(),
        sa.ForeignKeyConstraint(
            ["amendment_id"], ["amendment.id"], name=op.f("fk_amendment_change_amendment_id")
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["question.id"], name=op.f("fk_amendment_change_question_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendment_change")),
        sa.UniqueConstraint(
            "amendment_id", "question_id", name=op.f("uq_amendment_change_amendment_id_question_id")
        ),
    )
    op.create_index(op.f("ix_amendment_change_question_id"), "amendment_change", ["question_id"])
    for table in ("amendment", "amendment_change"):
        op.execute(
            f"CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def _created_at() -> sa.Column[sa.DateTime]:
    return sa.Column(
        "created_at",
        postgresql.TIMESTAMP(timezone=True),
        server_default=sa.text("portal_now()"),
        nullable=False,
    )


def _choice(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True)


def _questions() -> None:
    either = _choice("either", "kent", "medway", name="evaluatedby")
    rule = _choice("none", "optional", "required", name="evidencerule")
    columns = (
        sa.Column("evaluator_note", sa.Text(), nullable=False, server_default=""),
        sa.Column("evaluated_by", either, nullable=False, server_default="either"),
        sa.Column("evidence", rule, nullable=False, server_default="none"),
        sa.Column("evidence_kind", _choice(*EVIDENCE_KINDS, name="evidencekind")),
        sa.Column("may_be_obtained_on_award", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("shown_when_question_id", sa.Uuid()),
        sa.Column("shown_when_value", sa.Text()),
        sa.Column("amendment_id", sa.Uuid()),
    )
    for column in columns:
        op.add_column("question", column)
        if column.server_default is not None:  # for the rows there are; new ones say it themselves
            op.alter_column("question", column.name, server_default=None)
    op.create_foreign_key(
        op.f("fk_question_shown_when_question_id"), "question", "question", ["shown_when_question_id"], ["id"]
    )
    op.create_foreign_key(op.f("fk_question_amendment_id"), "question", "amendment", ["amendment_id"], ["id"])
    kinds = ", ".join(f"'{kind}'" for kind in QUESTION_KINDS)
    op.drop_constraint(op.f("ck_question_questionkind"), "question")
    for name, condition in (
        ("questionkind", f"kind IN ({kinds})"),
        ("word_limit_positive", "word_limit > 0"),
        ("something_to_obtain", "NOT may_be_obtained_on_award OR evidence <> 'none' OR kind = 'file'"),
        (
            "condition_whole",
            "(shown_when_question_id IS NULL) = (shown_when_value IS NULL) AND shown_when_question_id <> id",
        ),
    ):
        op.create_check_constraint(op.f(f"ck_question_{name}"), "question", condition)


def _heartbeats() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("minute", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("minute", name=op.f("pk_heartbeat")),
    )
    op.execute("REVOKE INSERT, UPDATE, DELETE ON heartbeat FROM portal_app")
    op.execute("REVOKE UPDATE ON heartbeat FROM portal_worker")


def _freeze_sets() -> None:
    """Nothing is added to a set or taken from it, and no section or basket volume changes, once it is published.

    The round's row is locked first, so that a write cannot slip in beside its publication.
    """
    op.execute("""
        CREATE FUNCTION refuse_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            old_round uuid;
            new_round uuid;
            frozen boolean;
        BEGIN
            IF TG_TABLE_NAME = 'question' THEN
                IF TG_OP <> 'INSERT' THEN SELECT round_id INTO old_round FROM section WHERE id = OLD.section_id; END IF;
                IF TG_OP <> 'DELETE' THEN SELECT round_id INTO new_round FROM section WHERE id = NEW.section_id; END IF;
            ELSE
                IF TG_OP <> 'INSERT' THEN old_round := OLD.round_id; END IF;
                IF TG_OP <> 'DELETE' THEN new_round := NEW.round_id; END IF;
            END IF;
            SELECT coalesce(bool_or(state <> 'draft'), false) INTO frozen
            FROM (SELECT state FROM round WHERE id IN (old_round, new_round) FOR SHARE) held;
            IF frozen THEN
                RAISE EXCEPTION 'a published question set never changes'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'set_frozen';
            END IF;
            RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        END $$;
        CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON section
        FOR EACH ROW EXECUTE FUNCTION refuse_frozen();
        CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON basket_volume
        FOR EACH ROW EXECUTE FUNCTION refuse_frozen();
        CREATE TRIGGER frozen BEFORE INSERT OR DELETE ON question
        FOR EACH ROW EXECUTE FUNCTION refuse_frozen();
    """)


def _freeze_questions() -> None:
    """A published question changes only as an amendment of its own round says, word for word, and before the deadline."""
    kept = ", ".join(f"'{name}', to_jsonb(q.{name})" for name in WORDING)
    worded = ", ".join(f"'{name}'" for name in (*WORDING, "amendment_id"))
    op.execute(f"""
        CREATE FUNCTION wording_of(q question) RETURNS jsonb LANGUAGE sql IMMUTABLE AS
        $$ SELECT jsonb_build_object({kept}) $$;

        CREATE FUNCTION keep_to_amendments() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            held round;
        BEGIN
            SELECT r.* INTO held FROM round r JOIN section s ON s.round_id = r.id
            WHERE s.id = OLD.section_id FOR SHARE OF r;
            IF held.state = 'draft' THEN
                IF EXISTS (SELECT FROM section s JOIN round r ON r.id = s.round_id
                           WHERE s.id = NEW.section_id AND r.state <> 'draft') THEN
                    RAISE EXCEPTION 'a published question set never changes'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'set_frozen';
                END IF;
                RETURN NEW;
            END IF;
            IF held.state <> 'published' OR portal_now() > held.submission_deadline
                OR to_jsonb(NEW) - ARRAY[{worded}] <> to_jsonb(OLD) - ARRAY[{worded}]
                OR NEW.amendment_id IS NOT DISTINCT FROM OLD.amendment_id
                OR NOT EXISTS (SELECT FROM amendment_change c JOIN amendment a ON a.id = c.amendment_id
                               WHERE a.id = NEW.amendment_id AND a.round_id = held.id AND c.question_id = NEW.id
                               AND c.before = wording_of(OLD) AND c.after = wording_of(NEW)) THEN
                RAISE EXCEPTION 'a published question changes only by an amendment'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'set_frozen';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER amended BEFORE UPDATE ON question
        FOR EACH ROW EXECUTE FUNCTION keep_to_amendments();
    """)


def _freeze_terms() -> None:
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in TERMS)
    op.execute(f"""
        CREATE FUNCTION keep_published_terms() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.state = 'draft' OR (NEW.published_at IS NULL AND OLD.published_at IS NOT NULL) OR {changed} THEN
                RAISE EXCEPTION 'the terms of a published round never change'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'terms_frozen';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER frozen BEFORE UPDATE ON round
        FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION keep_published_terms();
        CREATE TRIGGER never_removed BEFORE DELETE ON round
        FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION refuse_change();
    """)


def _carry_choices() -> None:
    """A choice that is worded anew keeps the answers that were given to it; they lie where no council may read.

    Choices correspond by their place: an amendment may word them anew and add to them, never remove one.
    """
    op.execute("""
        CREATE FUNCTION carry_choices() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
        BEGIN
            UPDATE answer SET version = version + 1, value = CASE
                WHEN NEW.kind = 'choice' THEN (
                    SELECT to_jsonb(NEW.choices[array_position(OLD.choices, answer.value #>> '{}')]))
                ELSE (
                    SELECT jsonb_agg(NEW.choices[array_position(OLD.choices, one)] ORDER BY place)
                    FROM jsonb_array_elements_text(answer.value) WITH ORDINALITY AS given (one, place))
                END
            WHERE question_id = NEW.id AND value IS NOT NULL
            AND NOT CASE WHEN NEW.kind = 'choice' THEN NEW.choices @> ARRAY[value #>> '{}']
                    ELSE NEW.choices @> ARRAY(SELECT jsonb_array_elements_text(value)) END;
            RETURN NULL;
        END $$;
        CREATE TRIGGER carry_choices AFTER UPDATE OF choices ON question
        FOR EACH ROW WHEN (OLD.choices <> NEW.choices AND NEW.amendment_id IS DISTINCT FROM OLD.amendment_id)
        EXECUTE FUNCTION carry_choices();
    """)
