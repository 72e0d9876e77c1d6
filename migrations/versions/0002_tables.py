"""Every table."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "age_band",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("youngest", sa.Integer(), nullable=False),
        sa.Column("oldest", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("youngest <= oldest", name=op.f("ck_age_band_ages_in_order")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_age_band")),
    )
    op.create_table(
        "audit_event",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_round_id", sa.Uuid(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_event")),
    )
    op.create_index("ix_audit_event_subject", "audit_event", ["subject_id", "sequence"], unique=False)
    op.create_index("ix_audit_event_verb", "audit_event", ["verb", "sequence"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "clock_offset",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("amount", sa.Interval(), server_default=sa.text("'0'::interval"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_clock_offset_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_offset")),
    )
    op.create_table(
        "district",
        sa.Column("gss_code", sa.Text(), nullable=False),
        sa.Column("register_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("official_name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("gss_code", name=op.f("pk_district")),
    )
    op.create_table(
        "framework",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("ends_on_is_illustrative", sa.Boolean(), nullable=False),
        sa.Column("decision_number", sa.Text(), nullable=False),
        sa.Column("notice_reference", sa.Text(), nullable=False),
        sa.Column(
            "regime",
            sa.Enum("PCR2015", "PA2023", name="regime", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_framework_dates_in_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_framework")),
        sa.UniqueConstraint("reference", name=op.f("uq_framework_reference")),
    )
    op.create_table(
        "need_category",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_need_category")),
    )
    op.create_table(
        "once_token",
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.Column("used_on", sa.Text(), server_default=sa.text("(portal_now())::date::text"), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_once_token")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("email_confirmed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("auth_version", sa.Integer(), nullable=False),
        sa.Column("is_disabled", sa.Boolean(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_person_email_lower_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_table(
        "placement_type",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_placement_type")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("email_hash", sa.LargeBinary(), nullable=False),
        sa.Column("source_hash", sa.LargeBinary(), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("from_known_device", sa.Boolean(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index(
        op.f("ix_sign_in_attempt_email_hash_created_at"),
        "sign_in_attempt",
        ["email_hash", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_sign_in_attempt_source_hash_created_at"),
        "sign_in_attempt",
        ["source_hash", "created_at"],
        unique=False,
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("urn", sa.Text(), nullable=True),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("trading_name", sa.Text(), nullable=True),
        sa.Column("company_number", sa.Text(), nullable=True),
        sa.Column("charity_number", sa.Text(), nullable=True),
        sa.Column("registered_office", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("telephone", sa.Text(), nullable=True),
        sa.Column(
            "standing",
            sa.Enum(
                "incumbent",
                "spot_provider",
                "new_entrant",
                name="standing",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "registered",
                "verified",
                "refused",
                name="organisationstate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "company_number IS NULL OR company_number ~ '^[A-Z0-9]{8}$'",
            name=op.f("ck_organisation_company_number_shape"),
        ),
        sa.CheckConstraint(
            "urn IS NULL OR urn ~ '^(SC[0-9]{6}|[0-9]{7})$'", name=op.f("ck_organisation_urn_shape")
        ),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_organisation_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("urn", name=op.f("uq_organisation_urn")),
    )
    op.create_table(
        "price_cell",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("placement_type", sa.Text(), nullable=False),
        sa.Column("need_category", sa.Text(), nullable=False),
        sa.Column("age_band", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["age_band"], ["age_band.code"], name=op.f("fk_price_cell_age_band")),
        sa.ForeignKeyConstraint(
            ["need_category"], ["need_category.code"], name=op.f("fk_price_cell_need_category")
        ),
        sa.ForeignKeyConstraint(
            ["placement_type"], ["placement_type.code"], name=op.f("fk_price_cell_placement_type")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_cell")),
        sa.UniqueConstraint(
            "placement_type",
            "need_category",
            "age_band",
            name=op.f("uq_price_cell_placement_type_need_category_age_band"),
        ),
    )
    op.create_table(
        "register_import",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("as_at", sa.Date(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("agencies", sa.Integer(), nullable=False),
        sa.Column("imported_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["imported_by_id"], ["person.id"], name=op.f("fk_register_import_imported_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_import")),
    )
    op.create_table(
        "round",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("framework_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "published",
                "opened",
                "evaluating",
                "consensus",
                "recommended",
                "decided",
                "standstill",
                "concluded",
                "cancelled",
                name="roundstate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("published_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("clarification_deadline", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("submission_deadline", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("agreements_start_on", sa.Date(), nullable=False),
        sa.Column("authority_decision", sa.Text(), nullable=False),
        sa.Column("authority_clause", sa.Text(), nullable=False),
        sa.Column("criteria_match_original", sa.Boolean(), nullable=False),
        sa.Column("departure_advice", sa.Text(), nullable=False),
        sa.Column("notice_reference", sa.Text(), nullable=False),
        sa.Column("quality_weight", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("price_weight", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("quality_minimum", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column(
            "admission_rule",
            sa.Enum(
                "all_who_meet", "best_n", name="admissionrule", native_enum=False, create_constraint=True
            ),
            nullable=False,
        ),
        sa.Column("admit_at_most", sa.Integer(), nullable=True),
        sa.Column("standstill_days", sa.Integer(), nullable=False),
        sa.Column("open_requested_by_id", sa.Uuid(), nullable=True),
        sa.Column("open_requested_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("opened_by_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("quality_locked_by_id", sa.Uuid(), nullable=True),
        sa.Column("quality_locked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("notices_sent_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("standstill_ends_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("cancelled_reason", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "state <> 'cancelled' OR cancelled_reason IS NOT NULL",
            name=op.f("ck_round_cancelled_with_reason"),
        ),
        sa.CheckConstraint(
            "state = 'draft' OR state = 'cancelled' OR (authority_decision <> '' AND authority_clause <> '' AND (criteria_match_original OR departure_advice <> ''))",
            name=op.f("ck_round_published_with_authority"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'cancelled') OR (opened_at IS NOT NULL AND opened_by_id IS NOT NULL)",
            name=op.f("ck_round_opened_by_two"),
        ),
        sa.CheckConstraint(
            "clarification_deadline < submission_deadline", name=op.f("ck_round_dates_in_order")
        ),
        sa.CheckConstraint(
            "opened_by_id IS DISTINCT FROM open_requested_by_id OR opened_by_id IS NULL",
            name=op.f("ck_round_two_openers"),
        ),
        sa.CheckConstraint("quality_weight + price_weight = 100", name=op.f("ck_round_weights_add_up")),
        sa.ForeignKeyConstraint(["framework_id"], ["framework.id"], name=op.f("fk_round_framework_id")),
        sa.ForeignKeyConstraint(
            ["open_requested_by_id"], ["person.id"], name=op.f("fk_round_open_requested_by_id")
        ),
        sa.ForeignKeyConstraint(["opened_by_id"], ["person.id"], name=op.f("fk_round_opened_by_id")),
        sa.ForeignKeyConstraint(
            ["quality_locked_by_id"], ["person.id"], name=op.f("fk_round_quality_locked_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint("framework_id", "number", name=op.f("uq_round_framework_id_number")),
    )
    op.create_index(op.f("ix_round_state"), "round", ["state"], unique=False)
    op.create_table(
        "account_link",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "confirm_email",
                "reset_password",
                "accept_invitation",
                name="linkpurpose",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column(
            "council",
            sa.Enum("kent", "medway", name="council", native_enum=False, create_constraint=True),
            nullable=True,
        ),
        sa.Column("invited_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["invited_by_id"], ["person.id"], name=op.f("fk_account_link_invited_by_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_account_link_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_account_link_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_link")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_account_link_secret_hash")),
    )
    op.create_index(op.f("ix_account_link_email_purpose"), "account_link", ["email", "purpose"], unique=False)
    op.create_table(
        "agreed_cell",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("framework_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cell_id"], ["price_cell.id"], name=op.f("fk_agreed_cell_cell_id")),
        sa.ForeignKeyConstraint(["framework_id"], ["framework.id"], name=op.f("fk_agreed_cell_framework_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_agreed_cell_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreed_cell")),
        sa.UniqueConstraint(
            "framework_id",
            "organisation_id",
            "cell_id",
            name=op.f("uq_agreed_cell_framework_id_organisation_id_cell_id"),
        ),
    )
    op.create_index(op.f("ix_agreed_cell_organisation_id"), "agreed_cell", ["organisation_id"], unique=False)
    op.create_table(
        "application",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "compliant",
                "non_compliant",
                "scored",
                "recommended_admit",
                "recommended_decline",
                "admitted",
                "declined",
                "withdrawn",
                name="applicationstate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("started_by_id", sa.Uuid(), nullable=False),
        sa.Column("submitted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("withdrawn_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("declared_by_id", sa.Uuid(), nullable=True),
        sa.Column("declared_name", sa.Text(), nullable=True),
        sa.Column("declared_position", sa.Text(), nullable=True),
        sa.Column("declared_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name=op.f("ck_application_withdrawn_when")
        ),
        sa.CheckConstraint(
            "state = 'draft' OR state = 'withdrawn' OR submitted_at IS NOT NULL",
            name=op.f("ck_application_submitted_when"),
        ),
        sa.CheckConstraint(
            "(declared_at IS NULL) = (declared_by_id IS NULL) AND (declared_at IS NULL) = (declared_name IS NULL) AND (declared_at IS NULL) = (declared_position IS NULL)",
            name=op.f("ck_application_declaration_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["declared_by_id"], ["person.id"], name=op.f("fk_application_declared_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_application_organisation_id")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_application_round_id")),
        sa.ForeignKeyConstraint(["started_by_id"], ["person.id"], name=op.f("fk_application_started_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
        sa.UniqueConstraint("reference", name=op.f("uq_application_reference")),
        sa.UniqueConstraint(
            "round_id", "organisation_id", name=op.f("uq_application_round_id_organisation_id")
        ),
    )
    op.create_index(op.f("ix_application_organisation_id"), "application", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_application_round_id"), "application", ["round_id"], unique=False)
    op.create_table(
        "basket_volume",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("weeks", sa.Integer(), nullable=False),
        sa.Column("ceiling", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.CheckConstraint("weeks >= 0", name=op.f("ck_basket_volume_weeks_not_negative")),
        sa.ForeignKeyConstraint(["cell_id"], ["price_cell.id"], name=op.f("fk_basket_volume_cell_id")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_basket_volume_round_id")),
        sa.PrimaryKeyConstraint("round_id", "cell_id", name=op.f("pk_basket_volume")),
    )
    op.create_table(
        "deadline_extension",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("extended_from", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("extended_to", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("extended_by_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["extended_by_id"], ["person.id"], name=op.f("fk_deadline_extension_extended_by_id")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_deadline_extension_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_extension")),
    )
    op.create_index(op.f("ix_deadline_extension_round_id"), "deadline_extension", ["round_id"], unique=False)
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=True),
        sa.Column("uploaded_by_id", sa.Uuid(), nullable=False),
        sa.Column("original_name", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "pdf",
                "docx",
                "xlsx",
                "odt",
                "ods",
                "png",
                "jpg",
                name="filekind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("stored_name", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "uploaded",
                "scanning",
                "clean",
                "infected",
                "unreadable",
                name="documentstate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_document_sha256_shape")),
        sa.CheckConstraint("size > 0", name=op.f("ck_document_not_empty")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_document_organisation_id")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_document_round_id")),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["person.id"], name=op.f("fk_document_uploaded_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("stored_name", name=op.f("uq_document_stored_name")),
    )
    op.create_index(op.f("ix_document_organisation_id"), "document", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_document_round_id"), "document", ["round_id"], unique=False)
    op.create_table(
        "join_request",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_join_request_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_join_request_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_request")),
        sa.UniqueConstraint(
            "organisation_id", "person_id", name=op.f("uq_join_request_organisation_id_person_id")
        ),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "sending",
                "sent",
                "in_doubt",
                "failed",
                name="messagestate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("is_secret", sa.Boolean(), nullable=False),
        sa.Column("sealed_round_id", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["sealed_round_id"], ["round.id"], name=op.f("fk_message_sealed_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("reference", name=op.f("uq_message_reference")),
    )
    op.create_index(
        op.f("ix_message_recipient_created_at"), "message", ["recipient", "created_at"], unique=False
    )
    op.create_table(
        "ofsted_agency",
        sa.Column("urn", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("registration_status", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("county", sa.Text(), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("local_authority", sa.Text(), nullable=False),
        sa.Column("sector", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("inspected_on", sa.Date(), nullable=True),
        sa.Column("overall_grade", sa.Text(), nullable=True),
        sa.Column("protection_grade", sa.Text(), nullable=True),
        sa.Column("leadership_grade", sa.Text(), nullable=True),
        sa.Column("is_fictional", sa.Boolean(), nullable=False),
        sa.CheckConstraint("urn ~ '^(SC[0-9]{6}|[0-9]{7})$'", name=op.f("ck_ofsted_agency_urn_shape")),
        sa.ForeignKeyConstraint(
            ["import_id"], ["register_import.id"], name=op.f("fk_ofsted_agency_import_id")
        ),
        sa.PrimaryKeyConstraint("urn", name=op.f("pk_ofsted_agency")),
    )
    op.create_index(
        "ix_ofsted_agency_search",
        "ofsted_agency",
        [sa.literal_column("to_tsvector('simple'::regconfig, (name || ' '::text) || town)")],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "price_version",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("framework_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "approved",
                "rejected",
                name="priceversionstate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["framework_id"], ["framework.id"], name=op.f("fk_price_version_framework_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_price_version_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["person.id"], name=op.f("fk_price_version_proposed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_version")),
        sa.UniqueConstraint(
            "framework_id",
            "organisation_id",
            "number",
            name=op.f("uq_price_version_framework_id_organisation_id_number"),
        ),
    )
    op.create_index(
        op.f("ix_price_version_organisation_id"), "price_version", ["organisation_id"], unique=False
    )
    op.create_table(
        "recommendation",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("recommended_by_id", sa.Uuid(), nullable=False),
        sa.Column("recommended_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.CheckConstraint("reasons <> ''", name=op.f("ck_recommendation_with_reasons")),
        sa.ForeignKeyConstraint(
            ["recommended_by_id"], ["person.id"], name=op.f("fk_recommendation_recommended_by_id")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_recommendation_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendation")),
        sa.UniqueConstraint("round_id", "number", name=op.f("uq_recommendation_round_id_number")),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "provider_administrator",
                "bid_writer",
                "placements_lead",
                "finance_lead",
                "commissioner",
                "evaluator",
                "approver",
                "placement_officer",
                "contract_manager",
                "finance_officer",
                "auditor",
                "system_administrator",
                name="role",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column(
            "council",
            sa.Enum("kent", "medway", name="council", native_enum=False, create_constraint=True),
            nullable=True,
        ),
        sa.Column("granted_by_id", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(organisation_id IS NOT NULL) = (role IN ('bid_writer', 'finance_lead', 'placements_lead', 'provider_administrator'))",
            name=op.f("ck_role_grant_role_fits_side"),
        ),
        sa.CheckConstraint(
            "(organisation_id IS NULL) <> (council IS NULL)", name=op.f("ck_role_grant_one_side")
        ),
        sa.ForeignKeyConstraint(["granted_by_id"], ["person.id"], name=op.f("fk_role_grant_granted_by_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_role_grant_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_grant_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sa.UniqueConstraint(
            "person_id",
            "role",
            "organisation_id",
            "council",
            name=op.f("uq_role_grant_person_id_role_organisation_id_council"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_role_grant_organisation_id"), "role_grant", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_role_grant_person_id"), "role_grant", ["person_id"], unique=False)
    op.create_table(
        "section",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "organisation",
                "selection",
                "conditions",
                "documents",
                "quality",
                "price",
                "declaration",
                name="sectionkind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("guidance", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_section_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_section")),
        sa.UniqueConstraint("round_id", "position", name=op.f("uq_section_round_id_position")),
    )
    op.create_table(
        "vacancy",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("carer_reference", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "available",
                "held",
                "filled",
                "withdrawn",
                name="vacancystate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("held_until", sa.Date(), nullable=True),
        sa.Column("confirmed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("approved_places", sa.Integer(), nullable=False),
        sa.Column("over_usual_limit_from", sa.Date(), nullable=True),
        sa.Column("placed_now", sa.Integer(), nullable=False),
        sa.Column("free_places", sa.Integer(), nullable=False),
        sa.Column("age_from", sa.Integer(), nullable=False),
        sa.Column("age_to", sa.Integer(), nullable=False),
        sa.Column(
            "gender",
            sa.Enum("any", "female", "male", name="gender", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("placement_types", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("need_categories", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("siblings_together", sa.Integer(), nullable=False),
        sa.Column("available_from", sa.Date(), nullable=False),
        sa.Column("district_code", sa.Text(), nullable=True),
        sa.Column("outward_postcode", sa.Text(), nullable=False),
        sa.Column("is_solo_only", sa.Boolean(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(state = 'held') = (held_until IS NOT NULL)", name=op.f("ck_vacancy_held_until_a_date")
        ),
        sa.CheckConstraint(
            "outward_postcode ~ '^[A-Z]{1,2}[0-9][A-Z0-9]?$'", name=op.f("ck_vacancy_outward_postcode_shape")
        ),
        sa.CheckConstraint(
            "age_from BETWEEN 0 AND 18 AND age_to BETWEEN age_from AND 21",
            name=op.f("ck_vacancy_ages_in_order"),
        ),
        sa.CheckConstraint(
            "approved_places <= 3 OR over_usual_limit_from IS NOT NULL",
            name=op.f("ck_vacancy_usual_limit_or_exemption"),
        ),
        sa.CheckConstraint("approved_places BETWEEN 1 AND 12", name=op.f("ck_vacancy_approved_places_sane")),
        sa.CheckConstraint(
            "free_places BETWEEN 0 AND approved_places - placed_now",
            name=op.f("ck_vacancy_free_within_approval"),
        ),
        sa.CheckConstraint(
            "placed_now BETWEEN 0 AND approved_places", name=op.f("ck_vacancy_placed_within_approval")
        ),
        sa.ForeignKeyConstraint(
            ["district_code"], ["district.gss_code"], name=op.f("fk_vacancy_district_code")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_vacancy_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vacancy")),
    )
    op.create_index(op.f("ix_vacancy_organisation_id"), "vacancy", ["organisation_id"], unique=False)
    op.create_index(
        "ix_vacancy_search",
        "vacancy",
        ["district_code", sa.literal_column("confirmed_at DESC")],
        unique=False,
        postgresql_where=sa.text("state IN ('available', 'held')"),
    )
    op.create_index(
        "uq_vacancy_carer_reference",
        "vacancy",
        ["organisation_id", "carer_reference"],
        unique=True,
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )
    op.create_table(
        "access_register",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_access_register_application_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_access_register_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_register")),
    )
    op.create_index(
        op.f("ix_access_register_application_id_created_at"),
        "access_register",
        ["application_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "agreement",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("framework_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "offered",
                "signed",
                "active",
                "suspended",
                "ended",
                "lapsed",
                name="agreementstate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("offered_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("lapses_on", sa.Date(), nullable=False),
        sa.Column("signed_by_id", sa.Uuid(), nullable=True),
        sa.Column("signatory_name", sa.Text(), nullable=True),
        sa.Column("signatory_position", sa.Text(), nullable=True),
        sa.Column("signed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("countersigned_by_id", sa.Uuid(), nullable=True),
        sa.Column("countersigned_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "state IN ('offered', 'lapsed') OR signed_at IS NOT NULL",
            name=op.f("ck_agreement_signed_before_more"),
        ),
        sa.CheckConstraint(
            "state IN ('offered', 'lapsed', 'signed') OR countersigned_at IS NOT NULL",
            name=op.f("ck_agreement_countersigned_before_active"),
        ),
        sa.CheckConstraint(
            "countersigned_by_id IS NULL OR countersigned_by_id IS DISTINCT FROM signed_by_id",
            name=op.f("ck_agreement_two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_agreement_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["countersigned_by_id"], ["person.id"], name=op.f("fk_agreement_countersigned_by_id")
        ),
        sa.ForeignKeyConstraint(["framework_id"], ["framework.id"], name=op.f("fk_agreement_framework_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_agreement_organisation_id")
        ),
        sa.ForeignKeyConstraint(["signed_by_id"], ["person.id"], name=op.f("fk_agreement_signed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("application_id", name=op.f("uq_agreement_application_id")),
    )
    op.create_index(op.f("ix_agreement_organisation_id"), "agreement", ["organisation_id"], unique=False)
    op.create_index(
        "uq_agreement_standing",
        "agreement",
        ["framework_id", "organisation_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('lapsed', 'ended')"),
    )
    op.create_table(
        "bid_price",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("weekly_fee", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("not_offered", sa.Boolean(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "not_offered = (weekly_fee IS NULL) AND (weekly_fee IS NULL OR weekly_fee > 0)",
            name=op.f("ck_bid_price_priced_or_not_offered"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_bid_price_application_id")
        ),
        sa.ForeignKeyConstraint(["cell_id"], ["price_cell.id"], name=op.f("fk_bid_price_cell_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bid_price")),
        sa.UniqueConstraint("application_id", "cell_id", name=op.f("uq_bid_price_application_id_cell_id")),
    )
    op.create_table(
        "compliance_conclusion",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("is_compliant", sa.Boolean(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("concluded_by_id", sa.Uuid(), nullable=False),
        sa.Column("concluded_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.CheckConstraint("reasons <> ''", name=op.f("ck_compliance_conclusion_with_reasons")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_compliance_conclusion_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["concluded_by_id"], ["person.id"], name=op.f("fk_compliance_conclusion_concluded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compliance_conclusion")),
        sa.UniqueConstraint("application_id", name=op.f("uq_compliance_conclusion_application_id")),
    )
    op.create_table(
        "conflict_declaration",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("has_conflict", sa.Boolean(), nullable=False),
        sa.Column("nature", sa.Text(), nullable=False),
        sa.Column("declared_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "NOT has_conflict OR nature <> ''", name=op.f("ck_conflict_declaration_conflict_with_nature")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_conflict_declaration_application_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_conflict_declaration_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_declaration")),
        sa.UniqueConstraint(
            "application_id", "person_id", name=op.f("uq_conflict_declaration_application_id_person_id")
        ),
    )
    op.create_index(
        op.f("ix_conflict_declaration_person_id"), "conflict_declaration", ["person_id"], unique=False
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("recommendation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "approve",
                "refer_back",
                "reject",
                name="decisionkind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=False),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.CheckConstraint("reasons <> ''", name=op.f("ck_decision_with_reasons")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_decision_decided_by_id")),
        sa.ForeignKeyConstraint(
            ["recommendation_id"], ["recommendation.id"], name=op.f("fk_decision_recommendation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("recommendation_id", name=op.f("uq_decision_recommendation_id")),
    )
    op.create_table(
        "decision_notice",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum("admit", "decline", name="outcome", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("sent_by_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_decision_notice_application_id")
        ),
        sa.ForeignKeyConstraint(["sent_by_id"], ["person.id"], name=op.f("fk_decision_notice_sent_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_notice")),
        sa.UniqueConstraint("application_id", name=op.f("uq_decision_notice_application_id")),
    )
    op.create_table(
        "evaluation_sheet",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("evaluator_id", sa.Uuid(), nullable=False),
        sa.Column("assigned_by_id", sa.Uuid(), nullable=False),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_evaluation_sheet_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["assigned_by_id"], ["person.id"], name=op.f("fk_evaluation_sheet_assigned_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["evaluator_id"], ["person.id"], name=op.f("fk_evaluation_sheet_evaluator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_sheet")),
        sa.UniqueConstraint(
            "application_id", "evaluator_id", name=op.f("uq_evaluation_sheet_application_id_evaluator_id")
        ),
    )
    op.create_index(
        op.f("ix_evaluation_sheet_evaluator_id"), "evaluation_sheet", ["evaluator_id"], unique=False
    )
    op.create_table(
        "late_attempt",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_late_attempt_application_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_late_attempt_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_attempt")),
    )
    op.create_index(op.f("ix_late_attempt_application_id"), "late_attempt", ["application_id"], unique=False)
    op.create_table(
        "price",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("agreed_cell_id", sa.BigInteger(), nullable=False),
        sa.Column("price_version_id", sa.Uuid(), nullable=False),
        sa.Column("weekly_fee", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("not_offered", sa.Boolean(), nullable=False),
        sa.Column("period", postgresql.DATERANGE(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(agreed_cell_id, agreed_cell_id, '[]')"), "&&"),
            (sa.column("period"), "&&"),
            using="gist",
            name="ex_price_no_overlap",
        ),
        sa.CheckConstraint("NOT isempty(period)", name=op.f("ck_price_period_not_empty")),
        sa.CheckConstraint(
            "not_offered = (weekly_fee IS NULL) AND (weekly_fee IS NULL OR weekly_fee > 0)",
            name=op.f("ck_price_priced_or_not_offered"),
        ),
        sa.ForeignKeyConstraint(["agreed_cell_id"], ["agreed_cell.id"], name=op.f("fk_price_agreed_cell_id")),
        sa.ForeignKeyConstraint(
            ["price_version_id"], ["price_version.id"], name=op.f("fk_price_price_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price")),
    )
    op.create_index(op.f("ix_price_agreed_cell_id"), "price", ["agreed_cell_id"], unique=False)
    op.create_index(op.f("ix_price_price_version_id"), "price", ["price_version_id"], unique=False)
    op.create_table(
        "price_score",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("basket_total", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("lowest_total", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("score", sa.Numeric(precision=12, scale=4), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_price_score_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_score")),
        sa.UniqueConstraint("application_id", name=op.f("uq_price_score_application_id")),
    )
    op.create_table(
        "question",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("section_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "short_text",
                "long_text",
                "yes_no",
                "choice",
                "several_choices",
                "number",
                "money",
                "date",
                "file",
                "exclusion",
                "price_schedule",
                name="questionkind",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("guidance", sa.Text(), nullable=False),
        sa.Column("word_limit", sa.Integer(), nullable=True),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("choices", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("pass_fail", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("minimum_score", sa.Integer(), nullable=True),
        sa.Column("prefilled_from", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "NOT (weight IS NOT NULL AND pass_fail)", name=op.f("ck_question_scored_or_pass_fail")
        ),
        sa.CheckConstraint("minimum_score BETWEEN 0 AND 5", name=op.f("ck_question_minimum_in_scale")),
        sa.CheckConstraint("weight IS NULL OR weight > 0", name=op.f("ck_question_weight_positive")),
        sa.ForeignKeyConstraint(["section_id"], ["section.id"], name=op.f("fk_question_section_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("section_id", "position", name=op.f("uq_question_section_id_position")),
    )
    op.create_table(
        "recommendation_line",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("recommendation_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum("admit", "decline", name="outcome", native_enum=False, create_constraint=True),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("quality_score", sa.Numeric(precision=12, scale=4), nullable=True),
        sa.Column("price_score", sa.Numeric(precision=12, scale=4), nullable=True),
        sa.Column("total_score", sa.Numeric(precision=12, scale=4), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_recommendation_line_with_reason")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_recommendation_line_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["recommendation_id"],
            ["recommendation.id"],
            name=op.f("fk_recommendation_line_recommendation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendation_line")),
        sa.UniqueConstraint(
            "recommendation_id",
            "application_id",
            name=op.f("uq_recommendation_line_recommendation_id_application_id"),
        ),
    )
    op.create_table(
        "submission",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("submitted_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("submitted_by_id", sa.Uuid(), nullable=False),
        sa.Column("declared_name", sa.Text(), nullable=False),
        sa.Column("declared_position", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_submission_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["person.id"], name=op.f("fk_submission_submitted_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("application_id", "number", name=op.f("uq_submission_application_id_number")),
    )
    op.create_table(
        "agreement_change",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column(
            "became",
            sa.Enum(
                "offered",
                "signed",
                "active",
                "suspended",
                "ended",
                "lapsed",
                name="agreementstate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_by_id", sa.Uuid(), nullable=False),
        sa.Column("changed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_agreement_change_with_reason")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_change_agreement_id")
        ),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["person.id"], name=op.f("fk_agreement_change_changed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_change")),
    )
    op.create_index(
        op.f("ix_agreement_change_agreement_id"), "agreement_change", ["agreement_id"], unique=False
    )
    op.create_table(
        "answer",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("value", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=False),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["answered_by_id"], ["person.id"], name=op.f("fk_answer_answered_by_id")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_answer_application_id")
        ),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_answer_question_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
        sa.UniqueConstraint(
            "application_id", "question_id", name=op.f("uq_answer_application_id_question_id")
        ),
    )
    op.create_table(
        "compliance_finding",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column(
            "finding",
            sa.Enum(
                "pass",
                "fail",
                "needs_clarification",
                name="finding",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("found_by_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "finding = 'pass' OR reason <> ''", name=op.f("ck_compliance_finding_reason_unless_pass")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_compliance_finding_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["found_by_id"], ["person.id"], name=op.f("fk_compliance_finding_found_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["question.id"], name=op.f("fk_compliance_finding_question_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compliance_finding")),
        sa.UniqueConstraint(
            "application_id", "question_id", name=op.f("uq_compliance_finding_application_id_question_id")
        ),
    )
    op.create_table(
        "consensus_score",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attended", sa.Text(), nullable=False),
        sa.Column("agreed_by_id", sa.Uuid(), nullable=False),
        sa.Column("agreed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_consensus_score_with_reason")),
        sa.CheckConstraint("value BETWEEN 0 AND 5", name=op.f("ck_consensus_score_in_scale")),
        sa.ForeignKeyConstraint(
            ["agreed_by_id"], ["person.id"], name=op.f("fk_consensus_score_agreed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_consensus_score_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["question.id"], name=op.f("fk_consensus_score_question_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consensus_score")),
        sa.UniqueConstraint(
            "application_id", "question_id", name=op.f("uq_consensus_score_application_id_question_id")
        ),
    )
    op.create_table(
        "score",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("sheet_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("working_notes", sa.Text(), nullable=False),
        sa.Column("scored_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("value IS NULL OR reason <> ''", name=op.f("ck_score_with_reason")),
        sa.CheckConstraint("value BETWEEN 0 AND 5", name=op.f("ck_score_in_scale")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_score_question_id")),
        sa.ForeignKeyConstraint(["sheet_id"], ["evaluation_sheet.id"], name=op.f("fk_score_sheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score")),
        sa.UniqueConstraint("sheet_id", "question_id", name=op.f("uq_score_sheet_id_question_id")),
    )
    op.create_table(
        "submitted_file",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_submitted_file_document_id")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_submitted_file_question_id")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_submitted_file_submission_id")
        ),
        sa.PrimaryKeyConstraint(
            "submission_id", "document_id", "question_id", name=op.f("pk_submitted_file")
        ),
    )
    op.create_index(op.f("ix_submitted_file_document_id"), "submitted_file", ["document_id"], unique=False)
    op.create_table(
        "submitted_price",
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=False),
        sa.Column("weekly_fee", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("not_offered", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "not_offered = (weekly_fee IS NULL) AND (weekly_fee IS NULL OR weekly_fee > 0)",
            name=op.f("ck_submitted_price_priced_or_not_offered"),
        ),
        sa.ForeignKeyConstraint(["cell_id"], ["price_cell.id"], name=op.f("fk_submitted_price_cell_id")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_submitted_price_submission_id")
        ),
        sa.PrimaryKeyConstraint("submission_id", "cell_id", name=op.f("pk_submitted_price")),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("portal_now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["answer_id"], ["answer.id"], name=op.f("fk_evidence_answer_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_evidence_document_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("answer_id", "document_id", name=op.f("uq_evidence_answer_id_document_id")),
    )
