"""Only the chair writes an agreed score, during consensus; once written it is on record."""

from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The web's role alone: what a worker writes, people told it to who passed the policy.
    op.execute("""
        CREATE FUNCTION keep_consensus_to_the_chair() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
        BEGIN
            IF NEW.agreed_by_id IS DISTINCT FROM app_person_id()
               OR NOT EXISTS (SELECT FROM role_grant WHERE person_id = app_person_id() AND role = 'commissioner')
               OR NOT EXISTS (SELECT FROM application a JOIN round r ON r.id = a.round_id
                              WHERE a.id = NEW.application_id AND r.state = 'consensus')
               OR NOT EXISTS (SELECT FROM conflict_declaration d WHERE d.application_id = NEW.application_id
                              AND d.person_id = app_person_id() AND NOT d.has_conflict)
               OR NEW.application_id IN (SELECT app_scoring_application_ids()) THEN
                RAISE EXCEPTION 'only the chair agrees scores'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'agreed_by_chair';
            END IF;
            RETURN NEW;
        END $$;

        CREATE TRIGGER agreed_by_chair BEFORE INSERT ON consensus_score
        FOR EACH ROW WHEN (current_user = 'portal_app') EXECUTE FUNCTION keep_consensus_to_the_chair();

        CREATE TRIGGER changed_by_chair BEFORE UPDATE ON consensus_score
        FOR EACH ROW WHEN (current_user = 'portal_app'
                           AND ROW(OLD.application_id, OLD.question_id, OLD.value, OLD.reason, OLD.attended,
                                   OLD.agreed_by_id, OLD.agreed_at)
                           IS DISTINCT FROM ROW(NEW.application_id, NEW.question_id, NEW.value, NEW.reason,
                                                NEW.attended, NEW.agreed_by_id, NEW.agreed_at))
        EXECUTE FUNCTION keep_consensus_to_the_chair();

        DROP TRIGGER void_kept ON consensus_score;
        CREATE TRIGGER kept BEFORE DELETE ON consensus_score FOR EACH ROW EXECUTE FUNCTION refuse_change();
    """)
