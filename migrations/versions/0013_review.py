"""What a hostile reading found open: instructions ended by amendments, late signatures, mail about drafts."""

from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels = None
depends_on = None

SIGNATURE = ("declared_by_id", "declared_at", "declared_name", "declared_position")


def upgrade() -> None:
    _keep_instructions_through_amendments()
    _keep_instructions_after_deadline()
    _keep_signatures()
    _keep_submitted_files()
    _close_submissions()
    _keep_voiders_apart()
    _keep_editors_known()
    _keep_mail_of_drafts_sealed()
    # Rule 3: a declaration may change, and then says so; it never vanishes.
    op.execute("REVOKE DELETE ON conflict_declaration FROM portal_app, portal_worker")


def _keep_instructions_through_amendments() -> None:
    """Only an edit ends an instruction.

    The councils word a choice anew by a trigger: were that an edit, an amendment minutes before the deadline would
    silently undo every instruction. And who confirms an answer that an amendment touched has changed nothing in it.
    """
    op.execute("""
        CREATE OR REPLACE FUNCTION void_instruction() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            of_application uuid;
        BEGIN
            IF pg_trigger_depth() > 1 THEN
                RETURN NULL;
            END IF;
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
        DROP TRIGGER voids_instruction ON answer;
        CREATE TRIGGER voids_instruction AFTER INSERT OR DELETE ON answer
        FOR EACH ROW EXECUTE FUNCTION void_instruction();
        CREATE TRIGGER edit_voids_instruction AFTER UPDATE ON answer FOR EACH ROW
        WHEN ((NEW.application_id, NEW.question_id, NEW.value, NEW.obtained_on_award)
              IS DISTINCT FROM (OLD.application_id, OLD.question_id, OLD.value, OLD.obtained_on_award))
        EXECUTE FUNCTION void_instruction();
    """)


def _keep_instructions_after_deadline() -> None:
    """Rule 2: at the deadline an instruction has taken effect, carried out or not. Only withdrawing ends it then."""
    op.execute("""
        CREATE FUNCTION keep_effective_instruction() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            deadline timestamptz;
            withdrawn timestamptz;
        BEGIN
            SELECT r.submission_deadline, a.withdrawn_at INTO deadline, withdrawn FROM round r
            JOIN application a ON a.round_id = r.id WHERE a.id = OLD.application_id FOR SHARE OF r;
            IF portal_now() > deadline AND withdrawn IS NULL THEN
                RAISE EXCEPTION 'the deadline has passed'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'deadline_passed';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER not_late_voided BEFORE UPDATE ON standing_instruction FOR EACH ROW
        WHEN (OLD.voided_at IS NULL AND NEW.voided_at IS NOT NULL)
        EXECUTE FUNCTION keep_effective_instruction();
    """)


def _keep_signatures() -> None:
    """Rule 2 for the signature: an instruction that is carried out later seals it with the content."""
    changed = ", ".join(f"{{0}}.{name}" for name in SIGNATURE)
    op.execute(f"""
        CREATE FUNCTION keep_signature() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            deadline timestamptz;
        BEGIN
            SELECT submission_deadline INTO deadline FROM round WHERE id = NEW.round_id FOR SHARE;
            IF current_user = 'portal_app' AND portal_now() > deadline THEN
                RAISE EXCEPTION 'the deadline has passed'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'deadline_passed';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER signature_kept BEFORE UPDATE ON application FOR EACH ROW
        WHEN (({changed.format("NEW")}) IS DISTINCT FROM ({changed.format("OLD")}))
        EXECUTE FUNCTION keep_signature();
    """)


def _keep_submitted_files() -> None:
    """As in 0006, also for a file that was submitted and then taken out of the working copy."""
    op.execute("""
        CREATE OR REPLACE FUNCTION keep_document() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            earliest timestamptz;
        BEGIN
            IF (NEW.organisation_id, NEW.round_id, NEW.uploaded_by_id, NEW.original_name, NEW.kind, NEW.size,
                NEW.sha256, NEW.stored_name)
               IS DISTINCT FROM
               (OLD.organisation_id, OLD.round_id, OLD.uploaded_by_id, OLD.original_name, OLD.kind, OLD.size,
                OLD.sha256, OLD.stored_name) THEN
                RAISE EXCEPTION 'an uploaded file never changes'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'record_never_changes';
            END IF;
            IF (NEW.evidence_kind, NEW.issued_on, NEW.expires_on)
               IS DISTINCT FROM (OLD.evidence_kind, OLD.issued_on, OLD.expires_on) THEN
                SELECT min(deadline) INTO earliest FROM (
                    SELECT submission_deadline AS deadline FROM round WHERE id IN (
                        SELECT a.round_id FROM application a JOIN answer w ON w.application_id = a.id
                        JOIN evidence e ON e.answer_id = w.id WHERE e.document_id = OLD.id
                        UNION ALL
                        SELECT a.round_id FROM application a JOIN submission s ON s.application_id = a.id
                        JOIN submitted_file f ON f.submission_id = s.id WHERE f.document_id = OLD.id)
                    FOR SHARE) held;
                IF portal_now() > earliest THEN
                    RAISE EXCEPTION 'the deadline has passed'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'deadline_passed';
                END IF;
            END IF;
            RETURN NEW;
        END $$;
    """)


def _close_submissions() -> None:
    """Nothing joins a submission but the files and cells its sealed content names; each of them has its one row."""
    for table, named, column in (
        ("submitted_file", "$.sections[*].questions[*].files[*].id", "document_id"),
        ("submitted_price", "$.price_cells[*].id", "cell_id"),
    ):
        op.execute(f"""
            CREATE FUNCTION keep_{table}s() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF EXISTS (
                    SELECT submission_id, {column}::text FROM added
                    EXCEPT
                    SELECT s.id, named #>> '{{}}' FROM submission s, jsonb_path_query(s.content, '{named}') named
                    WHERE s.id = ANY (ARRAY(SELECT DISTINCT submission_id FROM added))
                ) THEN
                    RAISE EXCEPTION 'a submission holds what its content names'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'record_never_changes';
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER named_by_content AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION keep_{table}s();
        """)


def _keep_voiders_apart() -> None:
    """Rule 6: whoever made scores or agreed scores void moderated, and cannot decide."""
    op.execute("""
        CREATE FUNCTION keep_voiders_apart() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
        BEGIN
            IF EXISTS (SELECT FROM recommendation r JOIN application a ON a.round_id = r.round_id
                       WHERE r.id = NEW.recommendation_id
                       AND (EXISTS (SELECT FROM evaluation_sheet s
                                    WHERE s.application_id = a.id AND s.voided_by_id = NEW.decided_by_id)
                            OR EXISTS (SELECT FROM consensus_score c
                                       WHERE c.application_id = a.id AND c.voided_by_id = NEW.decided_by_id))) THEN
                RAISE EXCEPTION 'the approver took part in this round'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'duties_apart';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER voiders_apart BEFORE INSERT ON decision
        FOR EACH ROW EXECUTE FUNCTION keep_voiders_apart();
    """)


def _keep_editors_known() -> None:
    """Rule 6: who wrote the papers of a decision stays among those who did."""
    op.execute("""
        CREATE TRIGGER editors_stay BEFORE UPDATE ON decision_record FOR EACH ROW
        WHEN (NOT NEW.editor_ids @> OLD.editor_ids) EXECUTE FUNCTION refuse_change();
    """)


def _keep_mail_of_drafts_sealed() -> None:
    """Rule 1: who writes for several agencies is told of each at one address.

    Nothing in a message says which it is about, so none is shown while one of them stays unknown to the councils.
    """
    op.execute("""
        CREATE OR REPLACE FUNCTION was_told_as_applicant(address text, of_round uuid) RETURNS boolean
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
        BEGIN
            RETURN app_is_council() AND coalesce((
                SELECT bool_and(was_opened(a.id))
                FROM person p JOIN role_grant g ON g.person_id = p.id
                JOIN application a ON a.organisation_id = g.organisation_id
                WHERE p.email = address AND a.round_id = of_round), false);
        END $$;
    """)
