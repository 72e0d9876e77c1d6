"""Second officers, decisions on self-cleaning, scores made void, and when scores are due."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels = None
depends_on = None

COUNCIL = "(SELECT app_is_council())"
DECIDED = "('decided', 'standstill', 'concluded')"

# What was written about an application is closed to whoever has a conflict with it, but for what they wrote
# themselves (rule 3). Once the round is decided the notices are made of it, whoever sends them.
CLOSED = """(SELECT app_is_council()) AND ({own} = (SELECT app_person_id())
             OR application_id NOT IN (SELECT app_conflicted_application_ids()))"""
MINE = "{} = (SELECT app_person_id())"
POLICIES = {
    "compliance_finding": (CLOSED.format(own="found_by_id"), f"{COUNCIL} AND {MINE.format('found_by_id')}"),
    # Nor does somebody who takes over scoring during consensus see what was agreed before.
    "consensus_score": (
        CLOSED.format(own="agreed_by_id")
        + " AND application_id NOT IN (SELECT app_scoring_application_ids())",
        COUNCIL,
    ),
    "conflict_declaration": (COUNCIL, f"{COUNCIL} AND {MINE.format('person_id')}"),
}
SEALED = {
    "finding_review": (
        "EXISTS (SELECT FROM compliance_finding f WHERE f.id = finding_id)",
        f"{COUNCIL} AND {MINE.format('reviewed_by_id')}",
    ),
    "evaluation_timetable": (COUNCIL, None),
    "evaluator_reminder": (COUNCIL, None),
}


def upgrade() -> None:
    _add_reviews()
    _add_voiding()
    _add_timetable()
    _make_functions()
    for table, (visible, writing) in POLICIES.items():
        op.execute(f"ALTER POLICY web ON {table} USING ({visible}) WITH CHECK ({writing})")
    for table, (visible, writing) in SEALED.items():
        _seal(table, visible, writing)
    _keep_reviews()
    _keep_findings()
    _keep_conclusions()
    _keep_declarations()
    _keep_void()
    _keep_reviewers_apart()


def _id() -> sa.Column[sa.Uuid]:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False)


def _created_at() -> sa.Column[sa.DateTime]:
    return sa.Column(
        "created_at", TIMESTAMP(timezone=True), server_default=sa.text("portal_now()"), nullable=False
    )


def _add_reviews() -> None:
    op.add_column(
        "compliance_finding", sa.Column("evidence_considered", sa.Text(), server_default="", nullable=False)
    )
    op.create_table(
        "finding_review",
        _id(),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("finding_version", sa.Integer(), nullable=False),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("reviewed_by_id", sa.Uuid(), nullable=False),
        _created_at(),
        sa.CheckConstraint(
            "is_confirmed OR reason <> ''", name=op.f("ck_finding_review_turned_back_with_reason")
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["compliance_finding.id"], name=op.f("fk_finding_review_finding_id")
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"], ["person.id"], name=op.f("fk_finding_review_reviewed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_review")),
        sa.UniqueConstraint(
            "finding_id", "finding_version", name=op.f("uq_finding_review_finding_id_finding_version")
        ),
    )


def _add_voiding() -> None:
    for table, columns in (
        ("evaluation_sheet", ["application_id", "evaluator_id"]),
        ("consensus_score", ["application_id", "question_id"]),
    ):
        op.add_column(table, sa.Column("voided_at", TIMESTAMP(timezone=True), nullable=True))
        op.add_column(table, sa.Column("voided_by_id", sa.Uuid(), nullable=True))
        op.add_column(table, sa.Column("void_reason", sa.Text(), server_default="", nullable=False))
        op.create_foreign_key(op.f(f"fk_{table}_voided_by_id"), table, "person", ["voided_by_id"], ["id"])
        op.create_check_constraint(
            op.f(f"ck_{table}_void_whole"),
            table,
            "(voided_at IS NULL) = (voided_by_id IS NULL) AND (voided_at IS NULL) = (void_reason = '')",
        )
        name = f"uq_{table}_{'_'.join(columns)}"
        op.drop_constraint(name, table)
        op.create_index(name, table, columns, unique=True, postgresql_where=sa.text("voided_at IS NULL"))


def _add_timetable() -> None:
    op.create_table(
        "evaluation_timetable",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("scores_due_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_evaluation_timetable_round_id")),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_evaluation_timetable")),
    )
    op.create_table(
        "evaluator_reminder",
        _id(),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("evaluator_id", sa.Uuid(), nullable=False),
        sa.Column("reminded_on", sa.Date(), nullable=False),
        sa.Column("sent_by_id", sa.Uuid(), nullable=True),
        _created_at(),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_evaluator_reminder_round_id")),
        sa.ForeignKeyConstraint(
            ["evaluator_id"], ["person.id"], name=op.f("fk_evaluator_reminder_evaluator_id")
        ),
        sa.ForeignKeyConstraint(["sent_by_id"], ["person.id"], name=op.f("fk_evaluator_reminder_sent_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluator_reminder")),
        sa.UniqueConstraint(
            "round_id",
            "evaluator_id",
            "reminded_on",
            name=op.f("uq_evaluator_reminder_round_id_evaluator_id_reminded_on"),
        ),
    )


def _seal(table: str, visible: str, writing: str | None) -> None:
    check = f"WITH CHECK ({writing})" if writing else ""
    op.execute(f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY web ON {table} TO portal_app USING ({visible}) {check};
        CREATE POLICY others ON {table} TO portal_worker, portal_owner USING (true) WITH CHECK (true);
    """)


def _make_functions() -> None:
    op.execute(f"""
        CREATE FUNCTION app_conflicted_application_ids() RETURNS SETOF uuid
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public ROWS 2 AS
        $$ SELECT c.application_id FROM conflict_declaration c
           JOIN application a ON a.id = c.application_id JOIN round r ON r.id = a.round_id
           WHERE c.person_id = app_person_id() AND c.has_conflict AND r.state NOT IN {DECIDED} $$;

        CREATE FUNCTION app_scoring_application_ids() RETURNS SETOF uuid
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public ROWS 2 AS
        $$ SELECT application_id FROM evaluation_sheet
           WHERE evaluator_id = app_person_id() AND finished_at IS NULL AND voided_at IS NULL $$;

        CREATE FUNCTION has_conflict_with(of_application uuid, who uuid) RETURNS boolean
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT EXISTS (SELECT FROM conflict_declaration
                          WHERE application_id = of_application AND person_id = who AND has_conflict) $$;

        CREATE FUNCTION count_agreed(of_round uuid) RETURNS bigint
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT count(*) FROM consensus_score c JOIN application a ON a.id = c.application_id
           WHERE a.round_id = of_round AND c.voided_at IS NULL
           AND a.state NOT IN ('draft', 'submitted', 'withdrawn', 'non_compliant', 'declined') $$;

        CREATE OR REPLACE FUNCTION count_scorers(of_round uuid)
        RETURNS TABLE (application_id uuid, question_id uuid, scorers bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT s.application_id, c.question_id, count(*)
           FROM score c JOIN evaluation_sheet s ON s.id = c.sheet_id JOIN application a ON a.id = s.application_id
           WHERE a.round_id = of_round AND s.voided_at IS NULL
           AND NOT EXISTS (SELECT FROM conflict_declaration d WHERE d.application_id = s.application_id
                           AND d.person_id = s.evaluator_id AND d.has_conflict)
           GROUP BY s.application_id, c.question_id $$;
    """)
    # Who scores which question and whether they have begun: never what they gave or wrote (rule 4). The worker
    # acts for nobody.
    op.execute("""
        CREATE FUNCTION list_assignments(of_round uuid)
        RETURNS TABLE (sheet_id uuid, application_id uuid, evaluator_id uuid, question_id uuid,
                       is_begun boolean, is_scored boolean)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT s.id, s.application_id, s.evaluator_id, c.question_id,
                  c.value IS NOT NULL OR c.reason <> '' OR c.working_notes <> '', c.value IS NOT NULL
           FROM evaluation_sheet s JOIN application a ON a.id = s.application_id JOIN score c ON c.sheet_id = s.id
           WHERE a.round_id = of_round AND s.voided_at IS NULL
           AND NOT EXISTS (SELECT FROM conflict_declaration d WHERE d.application_id = s.application_id
                           AND d.person_id = s.evaluator_id AND d.has_conflict)
           AND (app_is_council() OR app_person_id() IS NULL) $$
    """)
    # As before, but: only what is finished or void; nothing of an application that one is still scoring, as whoever
    # takes over during consensus is; and nothing of one that one has a conflict with (rules 3 and 4).
    op.execute(f"""
        CREATE OR REPLACE FUNCTION app_shared_sheet_ids() RETURNS SETOF uuid
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public ROWS 100 AS $$ BEGIN
        IF app_is_council() THEN
            RETURN QUERY SELECT s.id FROM evaluation_sheet s
            JOIN application a ON a.id = s.application_id JOIN round r ON r.id = a.round_id
            WHERE r.state NOT IN ('draft', 'published', 'opened', 'evaluating', 'cancelled')
            AND (a.withdrawn_at IS NULL OR a.withdrawn_at >= r.opened_at)
            AND (s.finished_at IS NOT NULL OR s.voided_at IS NOT NULL)
            AND s.application_id NOT IN (SELECT app_scoring_application_ids())
            AND (r.state IN {DECIDED} OR NOT has_conflict_with(s.application_id, app_person_id()));
        END IF;
        END $$
    """)


def _keep_reviews() -> None:
    """A fail stands when another officer than whoever proposed it has confirmed it as it now reads."""
    op.execute("""
        CREATE FUNCTION keep_two_officers() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM compliance_finding f WHERE f.id = NEW.finding_id AND f.finding = 'fail'
                           AND f.version = NEW.finding_version AND f.found_by_id <> NEW.reviewed_by_id
                           AND NOT has_conflict_with(f.application_id, NEW.reviewed_by_id)) THEN
                RAISE EXCEPTION 'a fail is reviewed by another officer, as it reads now'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'two_officers';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER two_officers BEFORE INSERT ON finding_review
        FOR EACH ROW EXECUTE FUNCTION keep_two_officers();
        CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON finding_review
        FOR EACH ROW EXECUTE FUNCTION refuse_change();
    """)


def _keep_findings() -> None:
    """A change raises the version, so that it undoes its review; nothing changes once the check is concluded."""
    op.execute("""
        CREATE FUNCTION keep_concluded_finding() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
        BEGIN
            IF EXISTS (SELECT FROM compliance_conclusion WHERE application_id =
                       CASE WHEN TG_OP = 'INSERT' THEN NEW.application_id ELSE OLD.application_id END) THEN
                RAISE EXCEPTION 'findings never change once the check is concluded'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'check_concluded';
            END IF;
            IF TG_OP = 'UPDATE' THEN
                IF NEW.version <= OLD.version OR NEW.application_id <> OLD.application_id
                   OR NEW.question_id <> OLD.question_id THEN
                    RAISE EXCEPTION 'a finding changes with its version'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'finding_version';
                END IF;
            END IF;
            RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        END $$;
        CREATE TRIGGER concluded BEFORE INSERT OR UPDATE OR DELETE ON compliance_finding
        FOR EACH ROW EXECUTE FUNCTION keep_concluded_finding();
    """)


def _keep_conclusions() -> None:
    """Rule 7, and no fail on one officer's word: an officer concludes, and the findings bear the conclusion out."""
    op.execute("""
        CREATE FUNCTION keep_findings_borne_out() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
        DECLARE
            fails bigint;
            confirmed bigint;
            undecided bigint;
        BEGIN
            SELECT count(*) FILTER (WHERE f.finding = 'fail'),
                   count(*) FILTER (WHERE f.finding = 'fail' AND EXISTS (
                       SELECT FROM finding_review v WHERE v.finding_id = f.id AND v.finding_version = f.version
                       AND v.is_confirmed AND v.reviewed_by_id <> f.found_by_id
                       AND NOT has_conflict_with(f.application_id, v.reviewed_by_id))),
                   count(*) FILTER (WHERE f.finding = 'needs_clarification')
            INTO fails, confirmed, undecided
            FROM compliance_finding f WHERE f.application_id = NEW.application_id;
            IF undecided > 0 OR confirmed < fails OR NEW.is_compliant <> (fails = 0) THEN
                RAISE EXCEPTION 'the findings do not bear the conclusion out'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'findings_bear_out';
            END IF;
            IF EXISTS (
                SELECT FROM (SELECT content FROM submission WHERE application_id = NEW.application_id
                             ORDER BY number DESC LIMIT 1) s,
                jsonb_path_query(s.content, '$.sections[*].questions[*] ? (@.kind == "exclusion"
                                 && @.pass_fail == true && @.answer.applies != "no")') asked
                WHERE NOT EXISTS (SELECT FROM compliance_finding f WHERE f.application_id = NEW.application_id
                                  AND f.question_id::text = asked ->> 'id' AND f.evidence_considered <> '')
            ) THEN
                RAISE EXCEPTION 'a ground for exclusion applies and nobody has decided on self-cleaning'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'self_cleaning_considered';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER borne_out BEFORE INSERT ON compliance_conclusion
        FOR EACH ROW EXECUTE FUNCTION keep_findings_borne_out();

        CREATE FUNCTION keep_checked_by_an_officer() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_user = 'portal_app' AND NOT EXISTS (
                SELECT FROM compliance_conclusion c WHERE c.application_id = NEW.id
                AND c.is_compliant = (NEW.state = 'compliant')) THEN
                RAISE EXCEPTION 'an officer concludes the compliance check'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'concluded_by_officer';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER checked BEFORE UPDATE OF state ON application FOR EACH ROW
        WHEN (OLD.state = 'submitted' AND NEW.state IN ('compliant', 'non_compliant'))
        EXECUTE FUNCTION keep_checked_by_an_officer();
    """)


def _keep_declarations() -> None:
    """A declared conflict stands, and whoever declared one is given nothing to score (rule 3)."""
    op.execute("""
        CREATE FUNCTION keep_conflict() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND NEW.has_conflict AND NEW.person_id = OLD.person_id
               AND NEW.application_id = OLD.application_id THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'a declared conflict stands'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'conflict_stands';
        END $$;
        CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON conflict_declaration
        FOR EACH ROW WHEN (OLD.has_conflict) EXECUTE FUNCTION keep_conflict();

        CREATE FUNCTION keep_shut_out() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF has_conflict_with(NEW.application_id, NEW.evaluator_id) THEN
                RAISE EXCEPTION 'whoever declared a conflict scores nothing'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'conflict_shuts_out';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER shut_out BEFORE INSERT ON evaluation_sheet
        FOR EACH ROW EXECUTE FUNCTION keep_shut_out();
    """)


def _keep_void() -> None:
    """What was written stays as it is when it is made void, and what is void stays void (rule 5)."""
    op.execute("""
        CREATE OR REPLACE FUNCTION keep_finished_score() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM evaluation_sheet WHERE (finished_at IS NOT NULL OR voided_at IS NOT NULL)
                       AND id = CASE WHEN TG_OP = 'INSERT' THEN NEW.sheet_id ELSE OLD.sheet_id END) THEN
                RAISE EXCEPTION 'finished scores never change'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'score_finished';
            END IF;
            RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        END $$;

        CREATE FUNCTION keep_but_for_voiding() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            voiding text[] := ARRAY['voided_at', 'voided_by_id', 'void_reason', 'version'];
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF OLD.voided_at IS NULL AND NEW.voided_at IS NOT NULL
                   AND to_jsonb(NEW) - voiding = to_jsonb(OLD) - voiding THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION '% never change', TG_TABLE_NAME
                USING ERRCODE = 'check_violation', CONSTRAINT = 'record_never_changes';
        END $$;
        DROP TRIGGER finished ON evaluation_sheet;
    """)
    for table, name, is_final in (
        ("evaluation_sheet", "finished", "OLD.finished_at IS NOT NULL OR OLD.voided_at IS NOT NULL"),
        ("consensus_score", "void", "OLD.voided_at IS NOT NULL"),
    ):
        op.execute(f"""
            CREATE TRIGGER {name} BEFORE UPDATE ON {table}
            FOR EACH ROW WHEN ({is_final} OR NEW.voided_at IS NOT NULL) EXECUTE FUNCTION keep_but_for_voiding();
            CREATE TRIGGER {name}_kept BEFORE DELETE ON {table}
            FOR EACH ROW WHEN ({is_final}) EXECUTE FUNCTION refuse_change();
        """)


def _keep_reviewers_apart() -> None:
    """Rule 6: whoever confirmed or turned back a fail took part, and cannot decide."""
    op.execute("""
        CREATE FUNCTION keep_reviewers_apart() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
        BEGIN
            IF EXISTS (SELECT FROM finding_review v JOIN compliance_finding f ON f.id = v.finding_id
                       JOIN application a ON a.id = f.application_id
                       JOIN recommendation r ON r.round_id = a.round_id
                       WHERE r.id = NEW.recommendation_id AND v.reviewed_by_id = NEW.decided_by_id) THEN
                RAISE EXCEPTION 'the approver took part in this round'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'duties_apart';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER reviewers_apart BEFORE INSERT ON decision
        FOR EACH ROW EXECUTE FUNCTION keep_reviewers_apart();
    """)
