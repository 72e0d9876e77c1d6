"""Queries on prices that look abnormally low: asked once prices are open, concluded by a person, never changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels = None
depends_on = None

COUNCIL = "(SELECT app_is_council())"


def upgrade() -> None:
    op.create_table(
        "price_query",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("concern", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(8), nullable=True),
        sa.Column("outcome_reason", sa.Text(), nullable=False),
        sa.Column("concluded_by_id", sa.Uuid(), nullable=True),
        sa.Column("concluded_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("concern <> ''", name="with_concern"),
        sa.CheckConstraint("outcome IN ('accepted', 'rejected')", name="priceoutcome"),
        sa.CheckConstraint(
            "(outcome IS NULL) = (concluded_at IS NULL) AND (outcome IS NULL) = (concluded_by_id IS NULL)"
            " AND (outcome IS NULL) = (outcome_reason = '')",
            name="concluded_whole",
        ),
        sa.ForeignKeyConstraint(["application_id"], ["application.id"]),
        sa.ForeignKeyConstraint(["request_id"], ["clarification_request.id"]),
        sa.ForeignKeyConstraint(["concluded_by_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("request_id"),
    )
    op.create_index(op.f("ix_price_query_application_id"), "price_query", ["application_id"])
    op.execute(f"""
        ALTER TABLE price_query ENABLE ROW LEVEL SECURITY;
        ALTER TABLE price_query FORCE ROW LEVEL SECURITY;
        CREATE POLICY web ON price_query TO portal_app USING ({COUNCIL})
            WITH CHECK ({COUNCIL} AND declared_no_conflict(application_id));
        CREATE POLICY others ON price_query TO portal_worker, portal_owner USING (true) WITH CHECK (true);

        CREATE FUNCTION keep_price_query() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                IF NOT EXISTS (SELECT FROM application a JOIN round r ON r.id = a.round_id
                               JOIN clarification_request c ON c.application_id = a.id
                               WHERE a.id = NEW.application_id AND c.id = NEW.request_id
                               AND r.quality_locked_at IS NOT NULL) THEN
                    RAISE EXCEPTION 'prices are queried once quality is locked, by a request to the applicant'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'price_query_early';
                END IF;
                RETURN NEW;
            END IF;
            IF TG_OP = 'DELETE' OR OLD.outcome IS NOT NULL
                OR (NEW.id, NEW.application_id, NEW.request_id, NEW.concern)
                    IS DISTINCT FROM (OLD.id, OLD.application_id, OLD.request_id, OLD.concern) THEN
                RAISE EXCEPTION 'a price query stays as it was asked and concluded'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'record_never_changes';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER kept BEFORE INSERT OR UPDATE OR DELETE ON price_query
        FOR EACH ROW EXECUTE FUNCTION keep_price_query();

        -- Rule 6: whoever judged a price took part in the evaluation.
        CREATE FUNCTION keep_price_judges_apart() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM recommendation r JOIN application a ON a.round_id = r.round_id
                       JOIN price_query q ON q.application_id = a.id
                       WHERE r.id = NEW.recommendation_id AND q.concluded_by_id = NEW.decided_by_id) THEN
                RAISE EXCEPTION 'the approver judged a price in this round'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'duties_apart';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER price_judges_apart BEFORE INSERT ON decision
        FOR EACH ROW EXECUTE FUNCTION keep_price_judges_apart();
    """)
