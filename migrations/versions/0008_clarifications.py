"""Clarifications before and after opening, the record of opening, and tighter seals on what tells of applicants."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels = None
depends_on = None

MEMBER = (
    "SELECT organisation_id FROM role_grant WHERE person_id = app_person_id() AND organisation_id IS NOT NULL"
)
OPENED = "SELECT id FROM round WHERE opened_at IS NOT NULL"

# Who sees a row of each new table through the web's role (rules 1, 3 and 9), and who may write one.
SEALED = {
    "clarification": (
        "(SELECT app_is_council())"
        " OR EXISTS (SELECT FROM clarification_asker k WHERE k.clarification_id = clarification.id)",
        "true",  # written before its asker is, by whom it then becomes visible
    ),
    "clarification_asker": (
        f"organisation_id IN ({MEMBER}) OR ((SELECT app_is_council()) AND round_id IN ({OPENED}))",
        f"organisation_id IN ({MEMBER})",
    ),
    "clarification_request": (
        f"""EXISTS (SELECT FROM application a WHERE a.id = application_id AND a.organisation_id IN ({MEMBER}))
        OR ((SELECT app_is_council()) AND EXISTS (SELECT FROM application a WHERE a.id = application_id)
            AND NOT declared_conflict(application_id))""",
        None,
    ),
    "opening_record": ("(SELECT app_is_council())", None),
    "opening_record_line": ("(SELECT app_is_council())", None),
    # Each puts only their own reading on record; providers do not learn who read what.
    "access_register": ("(SELECT app_is_council())", "person_id = app_person_id()"),
}

UNCHANGING = ("clarification_asker", "clarification_note", "opening_record", "opening_record_line")

# Who signs in as a deadline nears tells who applies. People of providers are left out of the log meanwhile.
TELLS_WHO_IS_BUSY = """
    verb IN ('person.signed_in', 'person.signed_out_everywhere', 'person.password_changed', 'person.password_reset')
    AND at >= (SELECT sealed_since())
    AND actor_id IN (SELECT person_id FROM role_grant WHERE organisation_id IS NOT NULL)"""


# An attempt that came too late was meant for the councils: they learn that there was one, and whose.
KIND = "CASE verb WHEN 'application.submission_refused_late' THEN 'late attempt' ELSE subject_type END"


def upgrade() -> None:
    _clarifications()
    _clarification_requests()
    _opening_records()
    _declared_conflict()
    for table, (visible, writing) in SEALED.items():
        _seal(table, visible, writing)
    for table in UNCHANGING:
        op.execute(
            f"CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    _keep_questions()
    _keep_requests()
    _tighten_audit()
    _hide_jobs()


def _moment(name: str, *, nullable: bool = False) -> sa.Column[sa.DateTime]:
    default = sa.text("portal_now()") if name == "created_at" else None
    return sa.Column(name, TIMESTAMP(timezone=True), nullable=nullable, server_default=default)


def _identified() -> sa.Column[sa.Uuid]:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False)


def _version() -> sa.Column[int]:
    return sa.Column("version", sa.Integer(), server_default="1", nullable=False)


def _clarifications() -> None:
    op.create_table(
        "clarification",
        _identified(),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        _moment("answered_at", nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("private_answer", sa.Text(), nullable=False),
        sa.Column("private_reason", sa.Text(), nullable=False),
        _moment("created_at"),
        _version(),
        sa.CheckConstraint("question <> ''", name="question_asked"),
        sa.CheckConstraint("state IN ('waiting', 'published', 'private')", name="clarificationstate"),
        sa.CheckConstraint(
            "(state = 'waiting') = (answered_at IS NULL) AND (answered_at IS NULL) = (answered_by_id IS NULL)",
            name="answered_when",
        ),
        sa.CheckConstraint(
            "(state = 'private') = (private_answer <> '') AND (state = 'private') = (private_reason <> '')",
            name="private_with_reason",
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"]),
        sa.ForeignKeyConstraint(["answered_by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_clarification_round_id_created_at"), "clarification", ["round_id", "created_at"])
    op.create_table(
        "clarification_asker",
        sa.Column("clarification_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["clarification_id"], ["clarification.id"]),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"]),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"]),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("clarification_id"),
    )
    op.create_index(
        op.f("ix_clarification_asker_organisation_id"), "clarification_asker", ["organisation_id"]
    )
    _notes()


def _notes() -> None:
    op.create_table(
        "clarification_note",
        _identified(),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("clarification_id", sa.Uuid(), nullable=True),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        _moment("published_at"),
        sa.Column("published_by_id", sa.Uuid(), nullable=False),
        _moment("created_at"),
        sa.CheckConstraint("number > 0", name="number_positive"),
        sa.CheckConstraint("kind IN ('answer', 'correction', 'withdrawal')", name="notekind"),
        sa.CheckConstraint("(kind = 'answer') = (corrects_id IS NULL)", name="corrects_what"),
        sa.CheckConstraint("(kind = 'answer') = (clarification_id IS NOT NULL)", name="answers_what"),
        sa.CheckConstraint("question <> '' AND answer <> ''", name="says_something"),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"]),
        sa.ForeignKeyConstraint(["clarification_id"], ["clarification.id"]),
        sa.ForeignKeyConstraint(["corrects_id"], ["clarification_note.id"]),
        sa.ForeignKeyConstraint(["published_by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("round_id", "number"),
        sa.UniqueConstraint("clarification_id"),
        sa.UniqueConstraint("corrects_id"),
    )
    op.execute("""
        CREATE INDEX ix_clarification_note_search ON clarification_note
        USING gin (to_tsvector('english'::regconfig, (question || ' '::text) || answer))
    """)


def _clarification_requests() -> None:
    op.create_table(
        "clarification_request",
        _identified(),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        _moment("due_at"),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        _moment("answered_at", nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        _moment("created_at"),
        _version(),
        sa.CheckConstraint("question <> ''", name="question_asked"),
        sa.CheckConstraint("due_at > created_at", name="due_later"),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by_id IS NULL) AND (answered_at IS NULL) = (answer = '')",
            name="answered_whole",
        ),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["answered_by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_clarification_request_application_id_created_at"),
        "clarification_request",
        ["application_id", "created_at"],
    )


def _opening_records() -> None:
    op.create_table(
        "opening_record",
        _identified(),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        _moment("asked_at"),
        sa.Column("confirmed_by_id", sa.Uuid(), nullable=False),
        _moment("confirmed_at"),
        sa.Column("sha256", sa.Text(), nullable=False),
        _moment("created_at"),
        sa.CheckConstraint("asked_by_id <> confirmed_by_id", name="two_officers"),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"]),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["confirmed_by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("round_id"),
    )
    op.create_table(
        "opening_record_line",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("urn", sa.Text(), nullable=True),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        _moment("submitted_at"),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["opening_record.id"]),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"]),
        sa.PrimaryKeyConstraint("record_id", "position"),
    )


def _declared_conflict() -> None:
    """What rule 3 asks about whoever is acting; each answers about that person alone."""
    op.execute("""
        CREATE FUNCTION declared_conflict(of_application uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
            SELECT EXISTS (SELECT FROM conflict_declaration c JOIN application a ON a.id = c.application_id
                           JOIN round r ON r.id = a.round_id WHERE c.application_id = of_application
                           AND c.person_id = app_person_id() AND c.has_conflict AND r.state <> 'concluded') $$;
        CREATE FUNCTION declared_no_conflict(of_application uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
            SELECT EXISTS (SELECT FROM conflict_declaration c WHERE c.application_id = of_application
                           AND c.person_id = app_person_id() AND NOT c.has_conflict) $$;
    """)


def _seal(table: str, visible: str, writing: str | None) -> None:
    check = f"WITH CHECK ({writing})" if writing else ""
    op.execute(f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY web ON {table} TO portal_app USING ({visible}) {check};
        CREATE POLICY others ON {table} TO portal_worker, portal_owner USING (true) WITH CHECK (true);
    """)


def _keep_questions() -> None:
    """Asked in time, by the clock read under the lock of the round; never reworded; answered once."""
    op.execute("""
        CREATE FUNCTION keep_clarification() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            until timestamptz;
        BEGIN
            IF TG_OP = 'INSERT' THEN
                SELECT clarification_deadline INTO until FROM round WHERE id = NEW.round_id FOR SHARE;
                IF portal_now() > until THEN
                    RAISE EXCEPTION 'questions could be asked until %', until
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'questions_closed';
                END IF;
            ELSIF TG_OP = 'DELETE' OR OLD.state <> 'waiting'
                OR (NEW.id, NEW.round_id, NEW.question, NEW.created_at)
                    IS DISTINCT FROM (OLD.id, OLD.round_id, OLD.question, OLD.created_at) THEN
                RAISE EXCEPTION 'a question stays as it was asked and answered'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'record_never_changes';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER kept BEFORE INSERT OR UPDATE OR DELETE ON clarification
        FOR EACH ROW EXECUTE FUNCTION keep_clarification();
    """)


def _keep_requests() -> None:
    """After opening: the question stays as it was asked; one answer, in time, which stays as it was given."""
    op.execute("""
        CREATE FUNCTION keep_clarification_request() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' OR OLD.answered_at IS NOT NULL
                OR (NEW.id, NEW.application_id, NEW.question, NEW.due_at, NEW.asked_by_id, NEW.created_at)
                    IS DISTINCT FROM
                    (OLD.id, OLD.application_id, OLD.question, OLD.due_at, OLD.asked_by_id, OLD.created_at) THEN
                RAISE EXCEPTION 'a request stays as it was asked and answered'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'record_never_changes';
            ELSIF portal_now() > OLD.due_at THEN
                RAISE EXCEPTION 'the answer was due at %', OLD.due_at
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'request_overdue';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON clarification_request
        FOR EACH ROW EXECUTE FUNCTION keep_clarification_request();
    """)


def _tighten_audit() -> None:
    """Opening unseals what concerns the applications it opens, and no others.

    That somebody drafted and never handed in, or withdrew before, stays unknown for ever. Functions that run as
    the owner, so that the policies of other tables are not planned into every look at the log.
    """
    op.execute(f"""
        CREATE FUNCTION was_opened(of_application uuid) RETURNS boolean
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
            SELECT EXISTS (
                SELECT FROM application a JOIN round r ON r.id = a.round_id
                WHERE a.id = of_application AND a.submitted_at IS NOT NULL AND r.opened_at IS NOT NULL
                AND (a.withdrawn_at IS NULL OR a.withdrawn_at >= r.opened_at)) $$;

        CREATE FUNCTION was_unsealed(of_round uuid, kind text, subject uuid) RETURNS boolean
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM round WHERE id = of_round AND opened_at IS NOT NULL) THEN
                RETURN false;
            END IF;
            RETURN CASE kind
                WHEN 'application' THEN was_opened(subject)
                WHEN 'clarification' THEN true
                WHEN 'late attempt' THEN true
                WHEN 'submission' THEN EXISTS (
                    SELECT FROM submission s WHERE s.id = subject AND was_opened(s.application_id))
                WHEN 'document' THEN EXISTS (
                    SELECT FROM submitted_file f JOIN submission s ON s.id = f.submission_id
                    WHERE f.document_id = subject AND was_opened(s.application_id))
                ELSE false END;
        END $$;

        CREATE FUNCTION was_told_as_applicant(address text, of_round uuid) RETURNS boolean
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
        BEGIN
            RETURN app_is_council() AND EXISTS (
                SELECT FROM person p JOIN role_grant g ON g.person_id = p.id
                JOIN application a ON a.organisation_id = g.organisation_id
                WHERE p.email = address AND a.round_id = of_round AND was_opened(a.id));
        END $$;

        CREATE FUNCTION sealed_since() RETURNS timestamptz LANGUAGE sql STABLE AS
        $$ SELECT min(published_at) FROM round WHERE state = 'published' $$;

        DROP POLICY web ON audit_event;
        CREATE POLICY web ON audit_event TO portal_app
        USING ((sealed_round_id IS NULL
                OR ((SELECT app_is_council()) AND was_unsealed(sealed_round_id, {KIND}, subject_id)))
               AND (actor_id = app_person_id() OR ({TELLS_WHO_IS_BUSY}) IS NOT TRUE))
        WITH CHECK (true);
    """)


def _hide_jobs() -> None:
    """The web adds jobs and reads none: their arguments are ids of applicants' things, their names tell of deeds."""
    op.execute("""
        REVOKE ALL ON procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers,
            procrastinate_workers FROM portal_app;
        GRANT INSERT, SELECT (id) ON procrastinate_jobs TO portal_app;
        GRANT INSERT ON procrastinate_events TO portal_app;
    """)
