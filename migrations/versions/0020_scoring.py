"""Scoring: nothing read before declaring, numbered applicants, questions to the chair, sheets unlocked, the order kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels = None
depends_on = None

ME = "(SELECT app_person_id())"
COUNCIL = "(SELECT app_is_council())"
SEALED = {
    # What an evaluator asked: the asker, commissioners who declared no conflict, auditors.
    "chair_question": (
        f"asked_by_id = {ME} OR (SELECT app_audits())"
        " OR application_id IN (SELECT app_cleared_application_ids())",
        f"asked_by_id = {ME} AND app_scores(application_id, question_id)",
    ),
    # The answer: whoever sees what another asked, and those it was given to.
    "chair_answer": (
        f"EXISTS (SELECT FROM chair_question q WHERE q.id = chair_question_id AND q.asked_by_id <> {ME})"
        " OR chair_question_id IN (SELECT app_heard_chair_question_ids())",
        f"answered_by_id = {ME} AND EXISTS (SELECT FROM chair_question q WHERE q.id = chair_question_id"
        " AND q.application_id IN (SELECT app_cleared_application_ids()))",
    ),
    "sheet_unlocking": (COUNCIL, f"{COUNCIL} AND unlocked_by_id = {ME}"),
    "scoring_order": (f"person_id = {ME}", None),
}


def upgrade() -> None:
    _number_applicants()
    _add_tables()
    _make_functions()
    for table, (visible, writing) in SEALED.items():
        _seal(table, visible, writing)
    for table in ("chair_question", "chair_answer", "sheet_unlocking"):
        op.execute(
            f"CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    _declare_before_reading()
    _unlock_sheets()
    _keep_moderators_apart()


def _seal(table: str, visible: str, writing: str | None) -> None:
    check = f"WITH CHECK ({writing})" if writing else ""
    op.execute(f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY web ON {table} TO portal_app USING ({visible}) {check};
        CREATE POLICY others ON {table} TO portal_worker, portal_owner USING (true) WITH CHECK (true);
    """)


def _number_applicants() -> None:
    """Each applicant gets its number as the round is opened, by lot; it stays, and only the database gives it."""
    op.add_column("application", sa.Column("applicant_number", sa.Integer(), nullable=True))
    op.create_unique_constraint(
        op.f("uq_application_round_id_applicant_number"), "application", ["round_id", "applicant_number"]
    )
    op.add_column(
        "round",
        sa.Column("applicants_anonymised", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.execute("""
        CREATE FUNCTION number_applicants(of_round uuid) RETURNS void
        LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
            UPDATE application a SET applicant_number = drawn.number
            FROM (SELECT id, row_number() OVER (ORDER BY gen_random_uuid())
                         + coalesce((SELECT max(applicant_number) FROM application WHERE round_id = of_round), 0)
                         AS number
                  FROM application
                  WHERE round_id = of_round AND submitted_at IS NOT NULL AND withdrawn_at IS NULL
                  AND applicant_number IS NULL) drawn
            WHERE a.id = drawn.id $$;

        CREATE FUNCTION number_at_opening() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM number_applicants(NEW.id);
            RETURN NULL;
        END $$;
        CREATE TRIGGER numbered AFTER UPDATE OF state ON round FOR EACH ROW
        WHEN (NEW.state = 'opened' AND OLD.state <> 'opened') EXECUTE FUNCTION number_at_opening();
        SELECT number_applicants(id) FROM round WHERE opened_at IS NOT NULL;

        CREATE FUNCTION keep_applicant_number() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_user = 'portal_app' THEN
                RAISE EXCEPTION 'numbers of applicants are drawn by lot'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'record_never_changes';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER number_kept BEFORE UPDATE ON application FOR EACH ROW
        WHEN (NEW.applicant_number IS DISTINCT FROM OLD.applicant_number)
        EXECUTE FUNCTION keep_applicant_number();
        CREATE TRIGGER number_drawn BEFORE INSERT ON application FOR EACH ROW
        WHEN (NEW.applicant_number IS NOT NULL) EXECUTE FUNCTION keep_applicant_number();

        CREATE TRIGGER anonymity_chosen BEFORE UPDATE ON round FOR EACH ROW
        WHEN (NEW.applicants_anonymised <> OLD.applicants_anonymised
              AND OLD.state NOT IN ('draft', 'published', 'opened'))
        EXECUTE FUNCTION refuse_change();
    """)


def _id() -> sa.Column[sa.Uuid]:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False)


def _created_at() -> sa.Column[sa.DateTime]:
    return sa.Column(
        "created_at", TIMESTAMP(timezone=True), server_default=sa.text("portal_now()"), nullable=False
    )


def _add_tables() -> None:
    op.create_table(
        "chair_question",
        _id(),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _created_at(),
        sa.CheckConstraint("text <> ''", name=op.f("ck_chair_question_asks_something")),
        _refers("chair_question", "application_id", "application"),
        _refers("chair_question", "question_id", "question"),
        _refers("chair_question", "asked_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chair_question")),
    )
    for column in ("application_id", "asked_by_id"):
        op.create_index(op.f(f"ix_chair_question_{column}"), "chair_question", [column])
    op.create_table(
        "chair_answer",
        _id(),
        sa.Column("chair_question_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.String(length=11), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answered_by_id", sa.Uuid(), nullable=False),
        _created_at(),
        sa.CheckConstraint(
            "audience IN ('asker', 'application', 'question')", name=op.f("ck_chair_answer_audience")
        ),
        sa.CheckConstraint("text <> ''", name=op.f("ck_chair_answer_says_something")),
        sa.CheckConstraint(
            "audience = 'asker' OR wording <> ''", name=op.f("ck_chair_answer_shared_with_wording")
        ),
        _refers("chair_answer", "chair_question_id", "chair_question"),
        _refers("chair_answer", "answered_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chair_answer")),
        sa.UniqueConstraint("chair_question_id", name=op.f("uq_chair_answer_chair_question_id")),
    )
    op.create_table(
        "sheet_unlocking",
        _id(),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("finished_at", TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("unlocked_by_id", sa.Uuid(), nullable=False),
        _created_at(),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_sheet_unlocking_with_reason")),
        _refers("sheet_unlocking", "sheet_id", "evaluation_sheet"),
        _refers("sheet_unlocking", "unlocked_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_unlocking")),
        sa.UniqueConstraint("sheet_id", "finished_at", name=op.f("uq_sheet_unlocking_sheet_id_finished_at")),
    )
    op.create_table(
        "scoring_order",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("follows", sa.String(length=11), nullable=False),
        sa.CheckConstraint(
            "follows IN ('application', 'question')", name=op.f("ck_scoring_order_scoringorder")
        ),
        _refers("scoring_order", "person_id", "person"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_scoring_order")),
    )


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _make_functions() -> None:
    op.execute("""
        CREATE FUNCTION app_audits() RETURNS boolean
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT coalesce(bool_or(role = 'auditor')
                           AND NOT bool_or(role IN ('commissioner', 'evaluator', 'approver')), false)
           FROM role_grant WHERE person_id = app_person_id() $$;

        CREATE FUNCTION app_cleared_application_ids() RETURNS SETOF uuid
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public ROWS 100 AS
        $$ SELECT application_id FROM conflict_declaration
           WHERE person_id = app_person_id() AND NOT has_conflict
           AND EXISTS (SELECT FROM role_grant WHERE person_id = app_person_id() AND role = 'commissioner') $$;

        CREATE FUNCTION app_declared_no_conflict(of_application uuid) RETURNS boolean
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT EXISTS (SELECT FROM conflict_declaration
                          WHERE application_id = of_application AND person_id = app_person_id()
                          AND NOT has_conflict) $$;

        CREATE FUNCTION app_scores(of_application uuid, of_question uuid) RETURNS boolean
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT EXISTS (SELECT FROM evaluation_sheet s JOIN score c ON c.sheet_id = s.id
                          WHERE s.application_id = of_application AND c.question_id = of_question
                          AND s.evaluator_id = app_person_id() AND s.voided_at IS NULL)
           AND app_declared_no_conflict(of_application) $$;

        CREATE FUNCTION app_heard_chair_question_ids() RETURNS SETOF uuid
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public ROWS 20 AS
        $$ SELECT q.id FROM chair_question q JOIN chair_answer n ON n.chair_question_id = q.id
           WHERE (q.asked_by_id = app_person_id() AND app_declared_no_conflict(q.application_id))
           OR (n.audience = 'application' AND app_scores(q.application_id, q.question_id))
           OR (n.audience = 'question' AND q.question_id IN (
               SELECT c.question_id FROM evaluation_sheet s JOIN score c ON c.sheet_id = s.id
               WHERE s.evaluator_id = app_person_id() AND s.voided_at IS NULL
               AND app_declared_no_conflict(s.application_id))) $$;
    """)
    # What one evaluator may read about one question of one application: their own questions, and answers to all.
    # Another's question comes in the chair's wording alone.
    op.execute("""
        CREATE FUNCTION list_heard(of_application uuid, of_question uuid)
        RETURNS TABLE (chair_question_id uuid, is_own boolean, asked text, audience text, answer text,
                       asked_at timestamptz, answered_at timestamptz)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT q.id, q.asked_by_id = app_person_id(),
                  CASE WHEN q.asked_by_id = app_person_id() THEN q.text ELSE n.wording END,
                  n.audience, n.text, q.created_at, n.created_at
           FROM chair_question q LEFT JOIN chair_answer n ON n.chair_question_id = q.id
           WHERE q.question_id = of_question
           AND ((q.asked_by_id = app_person_id() AND q.application_id = of_application
                 AND app_declared_no_conflict(of_application))
                OR (q.asked_by_id <> app_person_id() AND app_scores(of_application, of_question)
                    AND (n.audience = 'question'
                         OR (n.audience = 'application' AND q.application_id = of_application))))
           ORDER BY coalesce(n.created_at, q.created_at) DESC $$;
    """)
    # All that is shown before declaring of what was submitted: who runs the applicant.
    op.execute("""
        CREATE FUNCTION list_named_people(of_applications uuid[])
        RETURNS TABLE (application_id uuid, asked text, names text)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT s.application_id, q ->> 'text', q ->> 'answer'
           FROM (SELECT DISTINCT ON (v.application_id) v.application_id, v.content
                 FROM submission v JOIN application a ON a.id = v.application_id JOIN round r ON r.id = a.round_id
                 WHERE v.application_id = ANY (of_applications) AND r.opened_at IS NOT NULL
                 AND a.submitted_at IS NOT NULL AND app_is_council()
                 AND (a.withdrawn_at IS NULL OR a.withdrawn_at >= r.opened_at)
                 ORDER BY v.application_id, v.number DESC) s,
           jsonb_path_query(s.content, '$.sections[*] ? (@.kind == "organisation").questions[*]
               ? (@.text like_regex "director|registered manager|responsible individual" flag "i"
                  && @.answer.type() == "string")') q $$;
    """)


def _declare_before_reading() -> None:
    """Rule 3: whoever evaluates, runs or decides a round reads an application once they declared no conflict.

    Inside the opening itself, whose record lists the submissions, nobody can have declared. Once a round is decided
    nobody can declare any more, and the notices are made by whoever sends them; an evaluator has none to send.
    """
    op.execute("""
        CREATE FUNCTION app_declares_first(in_state text) RETURNS boolean
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
        $$ SELECT coalesce(bool_or(role IN ('commissioner', 'evaluator', 'approver'))
                           AND NOT (in_state IN ('decided', 'standstill')
                                    AND bool_or(role IN ('commissioner', 'approver'))), false)
           FROM role_grant WHERE person_id = app_person_id() $$;

        CREATE OR REPLACE FUNCTION app_may_read_content(of_application uuid) RETURNS boolean
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$ BEGIN
        RETURN EXISTS (
            SELECT FROM application a JOIN round r ON r.id = a.round_id
            WHERE a.id = of_application
            AND (a.organisation_id IN (SELECT app_organisation_ids())
                 OR (a.submitted_at IS NOT NULL AND r.opened_at IS NOT NULL AND app_is_council()
                     AND (a.withdrawn_at IS NULL OR a.withdrawn_at >= r.opened_at)
                     AND (r.state IN ('published', 'concluded') OR app_declared_no_conflict(a.id)
                          OR NOT app_declares_first(r.state))))
            AND (r.state = 'concluded' OR NOT has_conflict_with(a.id, app_person_id())));
        END $$;
    """)


def _unlock_sheets() -> None:
    """Before consensus opens a commissioner may unlock a finished sheet, with a reason that stays on record.

    Without that record nothing unlocks it: then it changes only by being made void.
    """
    op.execute("""
        CREATE FUNCTION keep_unlocking_honest() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
        BEGIN
            IF NOT EXISTS (
                SELECT FROM evaluation_sheet s JOIN application a ON a.id = s.application_id
                JOIN round r ON r.id = a.round_id
                WHERE s.id = NEW.sheet_id AND s.finished_at = NEW.finished_at AND s.voided_at IS NULL
                AND r.state = 'evaluating' AND s.evaluator_id <> NEW.unlocked_by_id
                AND NOT has_conflict_with(a.id, NEW.unlocked_by_id)
                AND EXISTS (SELECT FROM role_grant WHERE person_id = NEW.unlocked_by_id
                            AND role = 'commissioner')) THEN
                RAISE EXCEPTION 'a commissioner unlocks a finished sheet before consensus opens'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'unlocked_in_time';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER in_time BEFORE INSERT ON sheet_unlocking
        FOR EACH ROW EXECUTE FUNCTION keep_unlocking_honest();

        CREATE FUNCTION keep_finished_sheet() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            voiding text[] := ARRAY['voided_at', 'voided_by_id', 'void_reason', 'version'];
            unlocking text[] := ARRAY['finished_at', 'version'];
        BEGIN
            IF OLD.voided_at IS NULL AND NEW.voided_at IS NOT NULL
               AND to_jsonb(NEW) - voiding = to_jsonb(OLD) - voiding THEN
                RETURN NEW;
            END IF;
            IF OLD.voided_at IS NULL AND NEW.finished_at IS NULL
               AND to_jsonb(NEW) - unlocking = to_jsonb(OLD) - unlocking
               AND EXISTS (SELECT FROM sheet_unlocking u JOIN application a ON a.id = OLD.application_id
                           JOIN round r ON r.id = a.round_id
                           WHERE u.sheet_id = OLD.id AND u.finished_at = OLD.finished_at
                           AND r.state = 'evaluating') THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION '% never change', TG_TABLE_NAME
                USING ERRCODE = 'check_violation', CONSTRAINT = 'record_never_changes';
        END $$;
        DROP TRIGGER finished ON evaluation_sheet;
        CREATE TRIGGER finished BEFORE UPDATE ON evaluation_sheet FOR EACH ROW
        WHEN (OLD.finished_at IS NOT NULL OR OLD.voided_at IS NOT NULL OR NEW.voided_at IS NOT NULL)
        EXECUTE FUNCTION keep_finished_sheet();
    """)


def _keep_moderators_apart() -> None:
    """Rule 6: whoever unlocked a sheet or answered as the chair moderated, and cannot decide."""
    op.execute("""
        CREATE FUNCTION keep_moderators_apart() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
        BEGIN
            IF EXISTS (SELECT FROM recommendation r JOIN application a ON a.round_id = r.round_id
                       WHERE r.id = NEW.recommendation_id
                       AND (EXISTS (SELECT FROM sheet_unlocking u JOIN evaluation_sheet s ON s.id = u.sheet_id
                                    WHERE s.application_id = a.id AND u.unlocked_by_id = NEW.decided_by_id)
                            OR EXISTS (SELECT FROM chair_answer n JOIN chair_question q ON q.id = n.chair_question_id
                                       WHERE q.application_id = a.id AND n.answered_by_id = NEW.decided_by_id))) THEN
                RAISE EXCEPTION 'the approver took part in this round'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'duties_apart';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER moderators_apart BEFORE INSERT ON decision
        FOR EACH ROW EXECUTE FUNCTION keep_moderators_apart();
    """)
