"""Price reviews: requests for higher prices, what people did with them, and the terms they follow."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels = None
depends_on = None

MONEY, PERCENT = sa.Numeric(12, 2), sa.Numeric(5, 2)
STATES = ("requested", "analysed", "funded", "recommended", "approved", "rejected", "withdrawn")
STEPS = ("analysed", "funded", "recommended", "referred_back", "approved", "rejected", "withdrawn")
BANDS = ("adult", "18_20", "under_18")

OWN = "organisation_id IN (SELECT app_organisation_ids())"
OF_REVIEW = "price_review_id IN (SELECT id FROM price_review)"


def upgrade() -> None:
    op.add_column("price_version", sa.Column("review_id", sa.Uuid(), nullable=True))
    _add_reviews()
    _add_parts()
    _add_terms()
    _let_evidence_be_read()
    for table, visible in (
        ("price_review", f"(SELECT app_is_council()) OR {OWN}"),
        ("price_review_line", OF_REVIEW),
        # A provider is told the decision, not how the councils came to it.
        (
            "price_review_step",
            f"((SELECT app_is_council()) OR kind IN ('approved', 'rejected', 'withdrawn')) AND {OF_REVIEW}",
        ),
        ("price_review_document", OF_REVIEW),
    ):
        _seal(table, visible)
    # What was asked for, and what people did with it, stays as it was written.
    op.execute(
        "REVOKE UPDATE, DELETE ON price_review_line, price_review_step, price_review_document"
        " FROM portal_app, portal_worker"
    )
    _keep_deciders_apart()


def _id() -> sa.Column[sa.Uuid]:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False)


def _created_at() -> sa.Column[sa.DateTime]:
    return sa.Column(
        "created_at", TIMESTAMP(timezone=True), server_default=sa.text("portal_now()"), nullable=False
    )


def _version() -> sa.Column[sa.Integer]:
    return sa.Column("version", sa.Integer(), server_default="1", nullable=False)


def _one_of(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _add_reviews() -> None:
    op.create_table(
        "price_review",
        _id(),
        sa.Column("framework_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("state", _one_of("pricereviewstate", STATES), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("takes_effect_on", sa.Date(), nullable=False),
        sa.Column("asked_modifiers", JSONB(), nullable=True),
        sa.Column("requested_by_id", sa.Uuid(), nullable=False),
        sa.Column("requested_at", TIMESTAMP(timezone=True), nullable=False),
        _created_at(),
        _version(),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_price_review_with_reason")),
        _to("price_review", "framework_id", "framework"),
        _to("price_review", "organisation_id", "organisation"),
        _to("price_review", "requested_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_review")),
    )
    op.create_index(op.f("ix_price_review_organisation_id"), "price_review", ["organisation_id"])
    op.create_index(
        "uq_price_review_under_review",
        "price_review",
        ["framework_id", "organisation_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('requested', 'analysed', 'funded', 'recommended')"),
    )


def _add_parts() -> None:
    op.create_table(
        "price_review_line",
        sa.Column("price_review_id", sa.Uuid(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("old_fee", MONEY, nullable=True),
        sa.Column("asked_fee", MONEY, nullable=False),
        sa.CheckConstraint("asked_fee > coalesce(old_fee, 0)", name=op.f("ck_price_review_line_asks_more")),
        _to("price_review_line", "price_review_id", "price_review"),
        _to("price_review_line", "cell_id", "price_cell"),
        sa.PrimaryKeyConstraint("price_review_id", "cell_id", name=op.f("pk_price_review_line")),
    )
    op.create_table(
        "price_review_step",
        _id(),
        sa.Column("price_review_id", sa.Uuid(), nullable=False),
        sa.Column("kind", _one_of("reviewstepkind", STEPS), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("done_by_id", sa.Uuid(), nullable=False),
        _created_at(),
        sa.CheckConstraint("text <> ''", name=op.f("ck_price_review_step_with_text")),
        _to("price_review_step", "price_review_id", "price_review"),
        _to("price_review_step", "done_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_review_step")),
    )
    op.create_index(op.f("ix_price_review_step_price_review_id"), "price_review_step", ["price_review_id"])
    op.create_table(
        "price_review_document",
        sa.Column("price_review_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        _to("price_review_document", "price_review_id", "price_review"),
        _to("price_review_document", "document_id", "document"),
        sa.PrimaryKeyConstraint("price_review_id", "document_id", name=op.f("pk_price_review_document")),
    )


def _add_terms() -> None:
    op.create_table(
        "price_review_terms",
        _id(),
        sa.Column("framework_id", sa.Uuid(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("takes_effect_on", sa.Date(), nullable=False),
        sa.Column("index_month", sa.Integer(), nullable=False),
        sa.Column("wage_band", _one_of("wageband", BANDS), nullable=False),
        sa.Column("weight", PERCENT, nullable=False),
        sa.Column("cap", PERCENT, nullable=True),
        sa.Column("floor", PERCENT, nullable=True),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("figures_month", sa.Date(), nullable=True),
        sa.Column("cpi_percent", PERCENT, nullable=True),
        sa.Column("wage_percent", PERCENT, nullable=True),
        sa.Column("figures_source", sa.Text(), nullable=False),
        _created_at(),
        _version(),
        sa.CheckConstraint(
            "opens_on <= closes_on AND closes_on < takes_effect_on",
            name=op.f("ck_price_review_terms_dates_in_order"),
        ),
        sa.CheckConstraint("weight BETWEEN 0 AND 1", name=op.f("ck_price_review_terms_weight_is_a_share")),
        sa.CheckConstraint("floor <= cap", name=op.f("ck_price_review_terms_floor_below_cap")),
        sa.CheckConstraint(
            "index_month BETWEEN 1 AND 12", name=op.f("ck_price_review_terms_month_of_the_year")
        ),
        sa.CheckConstraint("decimals BETWEEN 0 AND 2", name=op.f("ck_price_review_terms_few_decimals")),
        sa.CheckConstraint(
            "(figures_month IS NULL) = (cpi_percent IS NULL AND wage_percent IS NULL)"
            " AND (figures_month IS NULL OR figures_source <> '')",
            name=op.f("ck_price_review_terms_figures_with_their_source"),
        ),
        _to("price_review_terms", "framework_id", "framework"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_review_terms")),
        sa.UniqueConstraint("framework_id", name=op.f("uq_price_review_terms_framework_id")),
    )


def _let_evidence_be_read() -> None:
    """The councils read what a price review rests on; an application's files as before."""
    op.execute("""
        CREATE OR REPLACE FUNCTION app_may_read_document(of_document uuid) RETURNS boolean
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
        BEGIN
            RETURN EXISTS (
                SELECT FROM submitted_file f JOIN submission s ON s.id = f.submission_id
                WHERE f.document_id = of_document AND app_may_read_content(s.application_id))
            OR (app_is_council() AND EXISTS (
                SELECT FROM price_review_document r JOIN document d ON d.id = r.document_id
                WHERE r.document_id = of_document AND d.round_id IS NULL));
        END $$;
    """)


def _seal(table: str, visible: str) -> None:
    op.execute(f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY web ON {table} TO portal_app USING ({visible});
        CREATE POLICY others ON {table} TO portal_worker, portal_owner USING (true) WITH CHECK (true);
    """)


def _keep_deciders_apart() -> None:
    """Whoever analysed, checked or recommended does not decide, and whoever analysed or recommended checks nothing."""
    op.execute("""
        CREATE FUNCTION keep_review_deciders_apart() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM price_review_step s
                WHERE s.price_review_id = NEW.price_review_id AND s.done_by_id = NEW.done_by_id
                AND (s.kind IN ('approved', 'rejected', 'referred_back')) <>
                    (NEW.kind IN ('approved', 'rejected', 'referred_back'))
                OR s.price_review_id = NEW.price_review_id AND s.done_by_id = NEW.done_by_id
                AND (s.kind = 'funded') <> (NEW.kind = 'funded')
            ) THEN
                RAISE EXCEPTION 'different people analyse, check and decide a price review'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'review_people_apart';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER people_apart BEFORE INSERT ON price_review_step
        FOR EACH ROW EXECUTE FUNCTION keep_review_deciders_apart();
    """)
