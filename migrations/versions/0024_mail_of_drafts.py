"""Mail about applications that nobody submitted: how much of it did not arrive, once the round is opened."""

from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """As before opening: no address, no round, no hour. Who never submitted stays unknown (rule 1)."""
    op.execute("""
        CREATE FUNCTION count_undelivered_unsubmitted() RETURNS TABLE (day date, messages bigint)
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
        BEGIN
            IF NOT app_is_council() THEN
                RETURN;
            END IF;
            RETURN QUERY
            SELECT (m.created_at AT TIME ZONE 'Europe/London')::date, count(*)
            FROM message m JOIN round r ON r.id = m.sealed_round_id
            WHERE m.state IN ('failed', 'in_doubt') AND r.opened_at IS NOT NULL
            AND NOT was_told_as_applicant(
                CASE m.channel WHEN 'text' THEN address_of_told(m.notification_id) ELSE m.recipient END, r.id)
            GROUP BY 1 ORDER BY 1 DESC;
        END $$;
    """)
