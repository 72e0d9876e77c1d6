"""Searches, enquiries and placements, each council's own; where urgent enquiries go out of hours."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels = None
depends_on = None

OWN = "organisation_id IN (SELECT app_organisation_ids())"
# Who sees a row through the web's role: the council that looks for a placement, and the provider that was asked
# (rule 9). What hangs on a search is seen by whoever sees the search.
SEALED = {
    "search": "council IN (SELECT app_searching_councils())",
    "in_house_answer": "EXISTS (SELECT FROM search s WHERE s.id = search_id)",
    "call_off": "EXISTS (SELECT FROM search s WHERE s.id = search_id)",
    "enquiry": f"council IN (SELECT app_searching_councils()) OR {OWN}",
    "placement": f"council IN (SELECT app_placing_councils()) OR {OWN}",
}
AS_SENT = (
    *("search_id", "call_off_id", "organisation_id", "council", "reference", "tier"),
    *("needs", "message", "is_urgent", "sent_by_id", "sent_at", "answer_by"),
)
AS_AGREED = (
    *("search_id", "enquiry_id", "council", "organisation_id", "vacancy_id", "reference", "tier"),
    *("child_number", "child_age", "placement_type", "need_category", "key_service_line", "funding"),
    *("price_version_id", "weekly_fee", "fee_lines", "starts_on", "agreed_at", "agreed_by_id"),
)
FUNCTIONS = (
    # An auditor reads for both councils.
    (
        "app_searching_councils()",
        "SETOF text ROWS 1",
        """
        RETURN QUERY SELECT c.name FROM (VALUES ('kent'), ('medway')) c (name) WHERE EXISTS (
            SELECT FROM role_grant g WHERE g.person_id = app_person_id()
            AND ((g.role = 'placement_officer' AND g.council = c.name) OR g.role = 'auditor'));
        """,
    ),
    (
        "app_placing_councils()",
        "SETOF text ROWS 1",
        """
        RETURN QUERY SELECT c.name FROM (VALUES ('kent'), ('medway')) c (name) WHERE EXISTS (
            SELECT FROM role_grant g WHERE g.person_id = app_person_id()
            AND ((g.role IN ('placement_officer', 'contract_manager', 'finance_officer', 'commissioner')
                  AND g.council = c.name) OR g.role = 'auditor'));
        """,
    ),
    # A provider may not see the search, and learns of it only whether its answer still matters.
    (
        "app_search_is_open(of_search uuid)",
        "boolean",
        "RETURN EXISTS (SELECT FROM search WHERE id = of_search AND closed_at IS NULL);",
    ),
    # Times alone, for the indicator: of every provider for the councils, of their own for a provider's people.
    (
        "enquiry_answer_times(since timestamptz, until timestamptz)",
        "TABLE (organisation_id uuid, sent_at timestamptz, answered_at timestamptz, closed_at timestamptz)",
        """
        RETURN QUERY SELECT e.organisation_id, e.sent_at, e.first_answered_at,
            coalesce(e.closed_early_at, e.decided_at, CASE e.state WHEN 'lapsed' THEN e.answer_by END)
        FROM enquiry e
        WHERE e.sent_at >= since AND e.sent_at < until
        AND (app_is_council() OR e.organisation_id IN (SELECT app_organisation_ids()));
        """,
    ),
)


def upgrade() -> None:
    op.add_column("organisation", sa.Column("out_of_hours_mobile", sa.Text(), nullable=True))
    _tables()
    for name, answer, function in FUNCTIONS:
        op.execute(
            f"CREATE FUNCTION {name} RETURNS {answer}"
            f" LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$ BEGIN {function} END $$"
        )
    for table, visible in SEALED.items():
        _seal(table, visible)
    for table in ("in_house_answer", "call_off"):
        op.execute(
            f"CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    _keep("enquiry", AS_SENT)
    _keep("placement", AS_AGREED)


def _seal(table: str, visible: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY web ON {table} TO portal_app USING ({visible})")
    op.execute(
        f"CREATE POLICY others ON {table} TO portal_worker, portal_owner USING (true) WITH CHECK (true)"
    )
    op.execute(f"REVOKE DELETE, TRUNCATE ON {table} FROM portal_app, portal_worker")


def _keep(table: str, columns: tuple[str, ...]) -> None:
    """What was sent, or agreed, stays as it was."""
    before, after = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    op.execute(
        f"CREATE TRIGGER stays_as_it_was BEFORE UPDATE ON {table} FOR EACH ROW"
        f" WHEN (({before}) IS DISTINCT FROM ({after})) EXECUTE FUNCTION refuse_change()"
    )


def _tables() -> None:
    op.create_table(
        "search",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "council",
            sa.Enum("kent", "medway", name="council", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("needs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("saved_by_id", sa.Uuid(), nullable=False),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "closed_as",
            sa.Enum(
                "placed",
                "in_house",
                "not_needed",
                "not_found",
                name="searchoutcome",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=True,
        ),
        sa.Column("closed_words", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("reference <> ''", name=op.f("ck_search_with_reference")),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_as IS NULL)", name=op.f("ck_search_closed_somehow")
        ),
        sa.ForeignKeyConstraint(["saved_by_id"], ["person.id"], name=op.f("fk_search_saved_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search")),
    )
    op.create_index(
        "ix_search_list",
        "search",
        ["council", "closed_at", sa.literal_column("created_at DESC")],
        unique=False,
    )
    op.create_table(
        "call_off",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("search_id", sa.Uuid(), nullable=False),
        sa.Column(
            "tier",
            sa.Enum("framework", "spot", name="tier", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("suitable", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("narrowed_reason", sa.Text(), nullable=False),
        sa.Column("spot_reason", sa.Text(), nullable=False),
        sa.Column("sent_by_id", sa.Uuid(), nullable=False),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "tier = 'framework' OR spot_reason <> ''", name=op.f("ck_call_off_spot_with_reason")
        ),
        sa.CheckConstraint("asked > 0 AND suitable >= 0", name=op.f("ck_call_off_asked_somebody")),
        sa.ForeignKeyConstraint(["search_id"], ["search.id"], name=op.f("fk_call_off_search_id")),
        sa.ForeignKeyConstraint(["sent_by_id"], ["person.id"], name=op.f("fk_call_off_sent_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_off")),
    )
    op.create_index(op.f("ix_call_off_search_id"), "call_off", ["search_id"], unique=False)
    op.create_table(
        "in_house_answer",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("search_id", sa.Uuid(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum("nobody", "placed", name="inhouse", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["person.id"], name=op.f("fk_in_house_answer_recorded_by_id")
        ),
        sa.ForeignKeyConstraint(["search_id"], ["search.id"], name=op.f("fk_in_house_answer_search_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_in_house_answer")),
    )
    op.create_index(op.f("ix_in_house_answer_search_id"), "in_house_answer", ["search_id"], unique=False)
    op.create_table(
        "enquiry",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("search_id", sa.Uuid(), nullable=False),
        sa.Column("call_off_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "council",
            sa.Enum("kent", "medway", name="council", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column(
            "tier",
            sa.Enum("framework", "spot", name="tier", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "sent",
                "offered",
                "cannot",
                "lapsed",
                "chosen",
                "not_chosen",
                name="enquirystate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("needs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("sent_by_id", sa.Uuid(), nullable=False),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("answer_by", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("first_answered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("vacancy_id", sa.Uuid(), nullable=True),
        sa.Column("available_from", sa.Date(), nullable=True),
        sa.Column("conditions", sa.Text(), nullable=False),
        sa.Column(
            "cannot_reason",
            sa.Enum(
                "no_place",
                "age_or_gender",
                "siblings",
                "needs",
                "other_children",
                "distance",
                "too_soon",
                "other",
                name="cannotreason",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=True,
        ),
        sa.Column("cannot_words", sa.Text(), nullable=False),
        sa.Column("closed_early_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "decline_reason",
            sa.Enum(
                "better_match",
                "nearer",
                "siblings",
                "other_children",
                "start",
                "conditions",
                "not_needed",
                "other",
                name="declinereason",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=True,
        ),
        sa.Column("outcome_words", sa.Text(), nullable=False),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(state IN ('chosen', 'not_chosen')) = (decided_at IS NOT NULL) AND (decided_at IS NULL) = (decided_by_id IS NULL)",
            name=op.f("ck_enquiry_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "state <> 'cannot' OR (answered_at IS NOT NULL AND cannot_reason IS NOT NULL)",
            name=op.f("ck_enquiry_cannot_with_reason"),
        ),
        sa.CheckConstraint(
            "state <> 'not_chosen' OR decline_reason IS NOT NULL",
            name=op.f("ck_enquiry_declined_with_reason"),
        ),
        sa.CheckConstraint("state <> 'sent' OR answered_at IS NULL", name=op.f("ck_enquiry_sent_unanswered")),
        sa.CheckConstraint(
            "state NOT IN ('offered', 'chosen', 'not_chosen') OR (answered_at IS NOT NULL AND available_from IS NOT NULL)",
            name=op.f("ck_enquiry_offered_with_day"),
        ),
        sa.ForeignKeyConstraint(["answered_by_id"], ["person.id"], name=op.f("fk_enquiry_answered_by_id")),
        sa.ForeignKeyConstraint(["call_off_id"], ["call_off.id"], name=op.f("fk_enquiry_call_off_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_enquiry_decided_by_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_enquiry_organisation_id")
        ),
        sa.ForeignKeyConstraint(["sent_by_id"], ["person.id"], name=op.f("fk_enquiry_sent_by_id")),
        sa.ForeignKeyConstraint(["search_id"], ["search.id"], name=op.f("fk_enquiry_search_id")),
        sa.ForeignKeyConstraint(["vacancy_id"], ["vacancy.id"], name=op.f("fk_enquiry_vacancy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiry")),
        sa.UniqueConstraint("reference", name=op.f("uq_enquiry_reference")),
    )
    op.create_index(op.f("ix_enquiry_call_off_id"), "enquiry", ["call_off_id"], unique=False)
    op.create_index(
        "ix_enquiry_organisation",
        "enquiry",
        ["organisation_id", "state", sa.literal_column("sent_at DESC")],
        unique=False,
    )
    op.create_index("ix_enquiry_search", "enquiry", ["search_id", "sent_at"], unique=False)
    op.create_index(op.f("ix_enquiry_vacancy_id"), "enquiry", ["vacancy_id"], unique=False)
    op.create_index(
        "ix_enquiry_waiting",
        "enquiry",
        ["answer_by"],
        unique=False,
        postgresql_where=sa.text("state = 'sent'"),
    )
    op.create_index(
        "uq_enquiry_standing",
        "enquiry",
        ["search_id", "organisation_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('sent', 'offered')"),
    )
    op.create_table(
        "placement",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("search_id", sa.Uuid(), nullable=False),
        sa.Column("enquiry_id", sa.Uuid(), nullable=False),
        sa.Column(
            "council",
            sa.Enum("kent", "medway", name="council", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("vacancy_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("child_number", sa.Integer(), nullable=False),
        sa.Column("child_age", sa.Integer(), nullable=False),
        sa.Column("placement_type", sa.Text(), nullable=False),
        sa.Column("need_category", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "agreed", "live", "ended", name="placementstate", native_enum=False, create_constraint=True
            ),
            nullable=False,
        ),
        sa.Column(
            "tier",
            sa.Enum("framework", "spot", name="tier", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column(
            "key_service_line",
            sa.Enum(
                "care_and_support",
                "disability",
                "asylum",
                name="keyserviceline",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "funding",
            sa.Enum(
                "council_budget", "uasc_grant", name="funding", native_enum=False, create_constraint=True
            ),
            nullable=False,
        ),
        sa.Column("price_version_id", sa.Uuid(), nullable=True),
        sa.Column("weekly_fee", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("fee_lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("agreed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("agreed_by_id", sa.Uuid(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column(
            "ending",
            sa.Enum("planned", "unplanned", name="ending", native_enum=False, create_constraint=True),
            nullable=True,
        ),
        sa.Column(
            "end_reason",
            sa.Enum(
                "home",
                "moved_on",
                "permanence",
                "came_of_age",
                "carers",
                "child",
                "safeguarding",
                "provider",
                "never_began",
                "other",
                name="endreason",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=True,
        ),
        sa.Column("end_words", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_on IS NOT NULL) AND (ended_on IS NULL) = (ending IS NULL) AND (ended_on IS NULL) = (end_reason IS NULL)",
            name=op.f("ck_placement_ended_how"),
        ),
        sa.CheckConstraint(
            "(tier = 'spot') = (price_version_id IS NULL)",
            name=op.f("ck_placement_framework_at_agreed_price"),
        ),
        sa.CheckConstraint(
            "funding <> 'uasc_grant' OR key_service_line = 'asylum'",
            name=op.f("ck_placement_grant_pays_for_asylum"),
        ),
        sa.CheckConstraint("state <> 'live' OR started_on IS NOT NULL", name=op.f("ck_placement_live_since")),
        sa.CheckConstraint("child_number > 0", name=op.f("ck_placement_child_counted")),
        sa.CheckConstraint("ended_on >= started_on", name=op.f("ck_placement_days_in_order")),
        sa.CheckConstraint("weekly_fee > 0", name=op.f("ck_placement_fee_positive")),
        sa.ForeignKeyConstraint(["agreed_by_id"], ["person.id"], name=op.f("fk_placement_agreed_by_id")),
        sa.ForeignKeyConstraint(["enquiry_id"], ["enquiry.id"], name=op.f("fk_placement_enquiry_id")),
        sa.ForeignKeyConstraint(
            ["need_category"], ["need_category.code"], name=op.f("fk_placement_need_category")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_placement_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["placement_type"], ["placement_type.code"], name=op.f("fk_placement_placement_type")
        ),
        sa.ForeignKeyConstraint(
            ["price_version_id"], ["price_version.id"], name=op.f("fk_placement_price_version_id")
        ),
        sa.ForeignKeyConstraint(["search_id"], ["search.id"], name=op.f("fk_placement_search_id")),
        sa.ForeignKeyConstraint(["vacancy_id"], ["vacancy.id"], name=op.f("fk_placement_vacancy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placement")),
        sa.UniqueConstraint("reference", name=op.f("uq_placement_reference")),
    )
    op.create_index(op.f("ix_placement_enquiry_id"), "placement", ["enquiry_id"], unique=False)
    op.create_index(
        "ix_placement_list",
        "placement",
        ["council", "state", sa.literal_column("starts_on DESC")],
        unique=False,
    )
    op.create_index(
        "ix_placement_organisation",
        "placement",
        ["organisation_id", "state", sa.literal_column("starts_on DESC")],
        unique=False,
    )
    op.create_index(op.f("ix_placement_vacancy_id"), "placement", ["vacancy_id"], unique=False)
    op.create_index(
        "uq_placement_child",
        "placement",
        ["search_id", "child_number"],
        unique=True,
        postgresql_where=sa.text("state <> 'ended'"),
    )
