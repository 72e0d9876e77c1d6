"""How a round counts cells not offered, rounds points and breaks ties: chosen, published and frozen with it."""

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels = None
depends_on = None

RULES = {
    "not_offered_rule": ("notofferedrule", ("ceiling_or_highest", "highest", "highest_plus_tenth")),
    "rounding": ("rounding", ("two", "one", "whole")),
    "tie_rule": ("tierule", ("quality", "price", "shared")),
}


def upgrade() -> None:
    for column, (name, values) in RULES.items():
        length = max(map(len, values))
        op.add_column("round", sa.Column(column, sa.String(length), nullable=False, server_default=values[0]))
        op.alter_column("round", column, server_default=None)
        listed = ", ".join(f"'{value}'" for value in values)
        op.create_check_constraint(name, "round", f"{column} IN ({listed})")
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in RULES)
    op.execute(f"""
        CREATE FUNCTION keep_published_rules() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {changed} THEN
                RAISE EXCEPTION 'the terms of a published round never change'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'terms_frozen';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER rules_frozen BEFORE UPDATE ON round
        FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION keep_published_rules();
    """)
