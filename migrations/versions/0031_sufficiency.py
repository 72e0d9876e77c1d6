"""Sufficiency: free places counted week by week, and counts of what was looked for and not found."""

import sqlalchemy as sa
from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels = None
depends_on = None

COUNTED = "TABLE (dimension text, code text, outcome text, searches bigint, children bigint)"

# What became of each search, in words that exclude one another, and how it is grouped. Whoever calls it counts
# what row-level security lets them see; `sufficiency` below counts for people who may see no single search.
COUNTING = """
    RETURN QUERY
    WITH asked AS MATERIALIZED (
        SELECT e.search_id,
            bool_or(e.state IN ('offered', 'chosen', 'not_chosen')) AS was_offered,
            bool_or(e.state = 'sent' AND e.answer_by >= portal_now()) AS is_waiting
        FROM enquiry e JOIN search s ON s.id = e.search_id
        WHERE s.created_at >= since AND s.created_at < until AND s.council = ANY (councils)
        GROUP BY e.search_id
    ), called AS MATERIALIZED (
        SELECT c.search_id, max(c.suitable) AS suitable
        FROM call_off c JOIN search s ON s.id = c.search_id
        WHERE s.created_at >= since AND s.created_at < until AND s.council = ANY (councils)
        GROUP BY c.search_id
    ), placed AS MATERIALIZED (
        SELECT DISTINCT p.search_id
        FROM placement p JOIN search s ON s.id = p.search_id
        WHERE s.created_at >= since AND s.created_at < until AND s.council = ANY (councils)
        AND (p.state <> 'ended' OR p.started_on IS NOT NULL)
    ), sought AS MATERIALIZED (
        SELECT s.needs, s.created_at, jsonb_array_length(s.needs -> 'children') AS children,
            CASE
                WHEN s.closed_as IN ('placed', 'in_house', 'not_needed') THEN s.closed_as::text
                WHEN s.closed_at IS NULL AND placed.search_id IS NOT NULL THEN 'placed'
                WHEN asked.was_offered THEN CASE WHEN s.closed_at IS NULL THEN 'looking' ELSE 'none_chosen' END
                WHEN called.search_id IS NULL THEN CASE WHEN s.closed_at IS NULL THEN 'looking' ELSE 'no_match' END
                WHEN asked.is_waiting THEN 'looking'
                WHEN called.suitable = 0 THEN 'no_match'
                ELSE 'no_offer'
            END AS outcome
        FROM search s
        LEFT JOIN asked ON asked.search_id = s.id
        LEFT JOIN called ON called.search_id = s.id
        LEFT JOIN placed ON placed.search_id = s.id
        WHERE s.created_at >= since AND s.created_at < until AND s.council = ANY (councils)
        AND (of_type = '' OR s.needs ->> 'placement_type' = of_type)
    )
    SELECT d.dimension, d.code, sought.outcome::text, count(*), sum(d.children)::bigint
    FROM sought CROSS JOIN LATERAL (
        SELECT 'all', '', sought.children
        UNION ALL SELECT 'week', to_char(date_trunc('week', sought.created_at AT TIME ZONE 'Europe/London'),
            'YYYY-MM-DD'), sought.children
        UNION ALL SELECT 'type', sought.needs ->> 'placement_type', sought.children
        UNION ALL SELECT 'category', sought.needs ->> 'need_category', sought.children
        UNION ALL SELECT 'district', named, sought.children
            FROM jsonb_array_elements_text(sought.needs -> 'wishes' -> 'districts') named
        UNION ALL SELECT 'district', '', sought.children
            WHERE coalesce(jsonb_array_length(sought.needs -> 'wishes' -> 'districts'), 0) = 0
        UNION ALL SELECT 'age', b.code, count(*)::integer
            FROM jsonb_array_elements(sought.needs -> 'children') child
            JOIN age_band b ON (child ->> 'age')::integer BETWEEN b.youngest AND b.oldest
            GROUP BY b.code
    ) d (dimension, code, children)
    GROUP BY 1, 2, 3
    UNION ALL
    SELECT 'answer'::text,
        CASE
            WHEN e.state = 'cannot' THEN e.cannot_reason::text
            WHEN e.state IN ('offered', 'chosen', 'not_chosen') THEN 'offered'
            WHEN e.closed_early_at IS NOT NULL THEN 'closed_early'
            WHEN e.state = 'lapsed' OR e.answer_by < portal_now() THEN 'lapsed'
            ELSE 'sent'
        END, '', count(*), 0
    FROM enquiry e
    WHERE e.sent_at >= since AND e.sent_at < until AND e.council = ANY (councils)
    AND (of_type = '' OR e.needs ->> 'placement_type' = of_type)
    GROUP BY 2;
"""


def upgrade() -> None:
    op.create_table(
        "weekly_count",
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column(
            "measure",
            sa.Enum("free", "sought", name="measure", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("freshness", sa.Text(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.CheckConstraint("extract(isodow FROM week) = 1", name=op.f("ck_weekly_count_of_a_monday")),
        sa.PrimaryKeyConstraint(
            "week", "measure", "dimension", "code", "freshness", name=op.f("pk_weekly_count")
        ),
    )
    op.execute("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON weekly_count FROM portal_app")
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON weekly_count FROM portal_worker")
    op.create_index("ix_search_sought", "search", ["created_at"])
    op.create_index("ix_enquiry_sent", "enquiry", ["sent_at"])
    op.execute(
        "CREATE FUNCTION count_sought(since timestamptz, until timestamptz, of_type text, councils text[])"
        f" RETURNS {COUNTED} LANGUAGE plpgsql STABLE AS $$ #variable_conflict use_column\n BEGIN {COUNTING} END $$"
    )
    # Placement officers count their own council's searches alone; the framework is both councils' to watch.
    op.execute(
        f"""
        CREATE FUNCTION sufficiency(since timestamptz, until timestamptz, of_type text) RETURNS {COUNTED}
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
            SELECT counted.* FROM count_sought(since, until, of_type, ARRAY(
                SELECT c.name FROM (VALUES ('kent'), ('medway')) c (name) WHERE EXISTS (
                    SELECT FROM role_grant g WHERE g.person_id = app_person_id()
                    AND (g.role IN ('commissioner', 'contract_manager', 'auditor')
                         OR (g.role = 'placement_officer' AND g.council = c.name))))) counted
        $$
        """
    )
