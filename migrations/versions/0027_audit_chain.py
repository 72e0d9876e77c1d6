"""The chain of the audit log is joined link by link, and its head only moves on (rule 12).

Whoever may add events, as the portal's roles must, could otherwise have set the head back or added a link to nothing:
no past event would have changed, but nobody could have told any more that the log was whole.
"""

from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels = None
depends_on = None

# As the owner: row-level security hides sealed events from whoever adds the next. The owner itself may start anew.
FUNCTION = "RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$ BEGIN"
PORTAL = "WHEN (current_user IN ('portal_app', 'portal_worker'))"


def upgrade() -> None:
    op.execute(f"""
        CREATE FUNCTION audit_event_joins() {FUNCTION}
            IF NEW.previous_hash IS DISTINCT FROM (
                SELECT hash FROM audit_event WHERE sequence = NEW.sequence - 1
                UNION ALL SELECT decode(repeat('00', 32), 'hex') WHERE NEW.sequence = 1) THEN
                RAISE EXCEPTION 'an event joins the one before it' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER joins BEFORE INSERT ON audit_event FOR EACH ROW {PORTAL}
            EXECUTE FUNCTION audit_event_joins();

        CREATE FUNCTION audit_head_moves_on() {FUNCTION}
            IF NEW.sequence <= OLD.sequence OR NOT EXISTS
                (SELECT FROM audit_event WHERE sequence = NEW.sequence AND hash = NEW.hash) THEN
                RAISE EXCEPTION 'the head of the log only moves on' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER moves_on BEFORE UPDATE ON audit_head FOR EACH ROW {PORTAL}
            EXECUTE FUNCTION audit_head_moves_on();
    """)
