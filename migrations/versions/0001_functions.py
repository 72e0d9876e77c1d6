"""The clock, who is acting, the queue's own tables, and what each database role may touch."""

from alembic import op
from procrastinate.schema import SchemaManager

revision: str = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO portal_app, portal_worker;
        ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO portal_app, portal_worker;
        SET LOCAL check_function_bodies = off;
    """)
    op.execute("""
        CREATE FUNCTION portal_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
        $$ SELECT clock_timestamp() + amount FROM clock_offset $$;
    """)
    op.execute("""
        CREATE FUNCTION app_person_id() RETURNS uuid LANGUAGE sql STABLE AS
        $$ SELECT nullif(current_setting('app.person_id', true), '')::uuid $$;
    """)
    op.execute("""
        CREATE FUNCTION app_is_council() RETURNS boolean LANGUAGE sql STABLE AS
        $$ SELECT EXISTS (SELECT FROM role_grant WHERE person_id = app_person_id() AND council IS NOT NULL) $$;
    """)
    # Procrastinate's schema holds percent signs and many statements: it goes to the driver as it is.
    op.get_bind().connection.cursor().execute(SchemaManager.get_schema())
