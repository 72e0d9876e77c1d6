"""Rules the database itself keeps: sealing, deadlines, records that never change, segregation of duties."""

from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None

MEMBER = (
    "SELECT organisation_id FROM role_grant WHERE person_id = app_person_id() AND organisation_id IS NOT NULL"
)
OPENED = "SELECT id FROM round WHERE opened_at IS NOT NULL"
OWN_APPLICATION = (
    "EXISTS (SELECT FROM application a WHERE a.id = application_id AND a.organisation_id IN (" + MEMBER + "))"
)
# Whoever declared a conflict on an application cannot read it, nor its prices or files (rule 3).
NO_CONFLICT = (
    "NOT EXISTS (SELECT FROM conflict_declaration c JOIN application x ON x.id = c.application_id"
    " JOIN round y ON y.id = x.round_id WHERE c.application_id = {}"
    " AND c.person_id = app_person_id() AND c.has_conflict AND y.state <> 'concluded')"
)

# Who sees a row of each sealed table through the web's role (rules 1, 4 and 9). `(SELECT f())` is asked once for a
# statement; a bare `f()` would be asked for every row.
SEALED = {
    "application": f"""
        organisation_id IN ({MEMBER})
        OR (submitted_at IS NOT NULL AND (SELECT app_is_council())
            AND EXISTS (SELECT FROM round r WHERE r.id = round_id AND r.opened_at IS NOT NULL
                        AND (withdrawn_at IS NULL OR withdrawn_at >= r.opened_at)))""",
    "answer": OWN_APPLICATION,
    "bid_price": OWN_APPLICATION,
    "evidence": "EXISTS (SELECT FROM answer w WHERE w.id = answer_id)",
    "submission": "EXISTS (SELECT FROM application a WHERE a.id = application_id) AND "
    + NO_CONFLICT.format("submission.application_id"),
    "submitted_file": "EXISTS (SELECT FROM submission s WHERE s.id = submission_id)",
    "submitted_price": f"""
        EXISTS (SELECT FROM submission s JOIN application a ON a.id = s.application_id
                JOIN round r ON r.id = a.round_id
                WHERE s.id = submission_id
                AND (r.quality_locked_at IS NOT NULL OR a.organisation_id IN ({MEMBER})))""",
    "document": f"""
        organisation_id IN ({MEMBER})
        OR EXISTS (SELECT FROM submitted_file f WHERE f.document_id = document.id)""",
    "late_attempt": "EXISTS (SELECT FROM application a WHERE a.id = application_id)",
}

UNCHANGING = (
    "submission",
    "submitted_file",
    "submitted_price",
    "late_attempt",
    "access_register",
    "deadline_extension",
    "recommendation",
    "recommendation_line",
    "decision",
    "decision_notice",
    "price_score",
    "agreement_change",
    "compliance_conclusion",
)

# Rules 3, 4 and 9, for what is written about applications. A blank score is an assignment and says nothing.
EVALUATION = {
    "score": """
        sheet_id IN (SELECT id FROM evaluation_sheet WHERE evaluator_id = app_person_id())
        OR ((SELECT app_is_council())
            AND ((value IS NULL AND reason = '' AND working_notes = '')
                 OR EXISTS (SELECT FROM evaluation_sheet s JOIN application a ON a.id = s.application_id
                            JOIN round r ON r.id = a.round_id WHERE s.id = sheet_id
                            AND r.state NOT IN ('draft', 'published', 'opened', 'evaluating', 'cancelled'))))""",
    "evaluation_sheet": "(SELECT app_is_council())",
    "compliance_finding": "(SELECT app_is_council())",
    "compliance_conclusion": "(SELECT app_is_council())",
    "conflict_declaration": "(SELECT app_is_council())",
    "consensus_score": "(SELECT app_is_council())",
    "price_score": "(SELECT app_is_council())",
    "recommendation": "(SELECT app_is_council())",
    "recommendation_line": "(SELECT app_is_council())",
    "decision": "(SELECT app_is_council())",
    "decision_notice": f"""
        (SELECT app_is_council())
        OR EXISTS (SELECT FROM application a WHERE a.id = application_id AND a.organisation_id IN ({MEMBER}))""",
}


def upgrade() -> None:
    op.execute("""
        INSERT INTO clock_offset (id) VALUES (1);
        INSERT INTO audit_head (id, sequence, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'));
        REVOKE UPDATE, DELETE, TRUNCATE ON audit_event FROM portal_app, portal_worker;
        REVOKE INSERT, DELETE, TRUNCATE ON audit_head, clock_offset FROM portal_app, portal_worker;
        REVOKE UPDATE ON clock_offset FROM portal_app;
    """)
    for table, visible in SEALED.items():
        _seal(table, visible)
    for table, visible in EVALUATION.items():
        _seal(table, visible)
    _seal(
        "message",
        f"sealed_round_id IS NULL OR sealed_round_id IN ({OPENED})"
        " OR recipient = (SELECT email FROM person WHERE id = app_person_id())",
        writing="true",
    )
    _seal("audit_event", f"sealed_round_id IS NULL OR sealed_round_id IN ({OPENED})", writing="true")
    _count_submitted()
    _refuse_changes()
    _refuse_late_writes()
    _keep_finished_scores()
    _keep_duties_apart()


def _seal(table: str, visible: str, writing: str | None = None) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    check = f"WITH CHECK ({writing})" if writing else ""
    op.execute(f"CREATE POLICY web ON {table} TO portal_app USING ({visible}) {check}")
    op.execute(
        f"CREATE POLICY others ON {table} TO portal_worker, portal_owner USING (true) WITH CHECK (true)"
    )


def _count_submitted() -> None:
    op.execute("""
        CREATE FUNCTION count_submitted(of_round uuid) RETURNS bigint
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT count(*) FROM application
           WHERE round_id = of_round AND submitted_at IS NOT NULL AND withdrawn_at IS NULL $$
    """)
    # How many evaluators without a conflict are assigned to each question: the rows themselves are hidden (rule 4).
    op.execute("""
        CREATE FUNCTION count_scorers(of_round uuid)
        RETURNS TABLE (application_id uuid, question_id uuid, scorers bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT s.application_id, c.question_id, count(*)
           FROM score c JOIN evaluation_sheet s ON s.id = c.sheet_id JOIN application a ON a.id = s.application_id
           WHERE a.round_id = of_round
           AND NOT EXISTS (SELECT FROM conflict_declaration d WHERE d.application_id = s.application_id
                           AND d.person_id = s.evaluator_id AND d.has_conflict)
           GROUP BY s.application_id, c.question_id $$
    """)


def _refuse_changes() -> None:
    op.execute("""
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% never change', TG_TABLE_NAME
                USING ERRCODE = 'check_violation', CONSTRAINT = 'record_never_changes';
        END $$
    """)
    for table in UNCHANGING:
        op.execute(
            f"CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def _refuse_late_writes() -> None:
    """Rule 2. The row of the round is locked first and the clock read after, so a waiting write is late."""
    op.execute("""
        CREATE FUNCTION refuse_late() RETURNS trigger LANGUAGE plpgsql AS $$
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
                RAISE EXCEPTION 'the deadline has passed'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'deadline_passed';
            END IF;
            RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        END $$
    """)
    for table in ("answer", "bid_price", "evidence", "submission"):
        op.execute(
            f"CREATE TRIGGER not_late BEFORE INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_late()"
        )


def _keep_finished_scores() -> None:
    """Rule 5: an evaluator's own scores stay as they were when finished; agreed scores as when locked."""
    op.execute("""
        CREATE FUNCTION keep_finished_score() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM evaluation_sheet WHERE finished_at IS NOT NULL
                       AND id = CASE WHEN TG_OP = 'INSERT' THEN NEW.sheet_id ELSE OLD.sheet_id END) THEN
                RAISE EXCEPTION 'finished scores never change'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'score_finished';
            END IF;
            RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        END $$;
        CREATE TRIGGER finished BEFORE INSERT OR UPDATE OR DELETE ON score
        FOR EACH ROW EXECUTE FUNCTION keep_finished_score();
        CREATE TRIGGER finished BEFORE UPDATE OR DELETE ON evaluation_sheet
        FOR EACH ROW WHEN (OLD.finished_at IS NOT NULL) EXECUTE FUNCTION refuse_change();

        CREATE FUNCTION keep_locked_consensus() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM application a JOIN round r ON r.id = a.round_id
                       WHERE a.id = CASE WHEN TG_OP = 'INSERT' THEN NEW.application_id ELSE OLD.application_id END
                       AND r.quality_locked_at IS NOT NULL) THEN
                RAISE EXCEPTION 'quality consensus is locked'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'consensus_locked';
            END IF;
            RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        END $$;
        CREATE TRIGGER locked BEFORE INSERT OR UPDATE OR DELETE ON consensus_score
        FOR EACH ROW EXECUTE FUNCTION keep_locked_consensus();
    """)


def _keep_duties_apart() -> None:
    """Rule 6: whoever evaluated, moderated or recommended in a round cannot decide it."""
    op.execute("""
        CREATE FUNCTION keep_duties_apart() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            of_round uuid;
        BEGIN
            SELECT round_id INTO of_round FROM recommendation WHERE id = NEW.recommendation_id;
            IF EXISTS (
                SELECT FROM recommendation WHERE round_id = of_round AND recommended_by_id = NEW.decided_by_id
                UNION ALL
                SELECT FROM evaluation_sheet s JOIN application a ON a.id = s.application_id
                WHERE a.round_id = of_round AND s.evaluator_id = NEW.decided_by_id
                UNION ALL
                SELECT FROM consensus_score c JOIN application a ON a.id = c.application_id
                WHERE a.round_id = of_round AND c.agreed_by_id = NEW.decided_by_id
                UNION ALL
                SELECT FROM round WHERE id = of_round AND quality_locked_by_id = NEW.decided_by_id
                UNION ALL
                SELECT FROM compliance_finding f JOIN application a ON a.id = f.application_id
                WHERE a.round_id = of_round AND f.found_by_id = NEW.decided_by_id
                UNION ALL
                SELECT FROM compliance_conclusion c JOIN application a ON a.id = c.application_id
                WHERE a.round_id = of_round AND c.concluded_by_id = NEW.decided_by_id
            ) THEN
                RAISE EXCEPTION 'the approver took part in this round'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'duties_apart';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER duties_apart BEFORE INSERT ON decision
        FOR EACH ROW EXECUTE FUNCTION keep_duties_apart();

        CREATE FUNCTION keep_approvers_apart() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM decision d JOIN recommendation r ON r.id = d.recommendation_id
                       WHERE r.round_id = NEW.round_id AND d.decided_by_id = NEW.recommended_by_id) THEN
                RAISE EXCEPTION 'who decided in this round recommends again'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'approver_recommends';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER duties_apart BEFORE INSERT ON recommendation
        FOR EACH ROW EXECUTE FUNCTION keep_approvers_apart();
    """)
