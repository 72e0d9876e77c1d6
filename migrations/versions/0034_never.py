"""What a role never sees or does (§2), held where plain SQL in somebody's name would find it too."""

from alembic import op

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels = None
depends_on = None

FUNCTION = "LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$ BEGIN {} END $$"
HOLDS = "EXISTS (SELECT FROM role_grant g WHERE g.person_id = app_person_id() AND {})"
COUNCIL = "(SELECT app_is_council())"
PRICES = "(SELECT app_reads_prices())"
OWN = "organisation_id IN (SELECT app_organisation_ids())"


def upgrade() -> None:
    _read_applications()
    _hide_prices_from_evaluators()
    _keep_households_apart()
    _keep_councils_apart()
    _let_each_side_write_its_part()
    _let_each_role_take_its_step()
    _keep_askers_apart()


def _make(name: str, answer: str, body: str) -> None:
    op.execute(f"CREATE OR REPLACE FUNCTION {name} RETURNS {answer} {FUNCTION.format(body)}")


def _read_applications() -> None:
    """Content is for those who evaluate, run, decide or audit; who applied is not for placement officers either."""
    reads = HOLDS.format("g.role IN ('commissioner', 'evaluator', 'approver', 'auditor')")
    _make("app_reads_applications()", "boolean", f"RETURN {reads};")
    _make(
        "app_opened_round_ids()",
        "SETOF uuid",
        f"""
        IF app_is_council() AND {HOLDS.format("g.role <> 'placement_officer'")} THEN
            RETURN QUERY SELECT id FROM round WHERE opened_at IS NOT NULL;
        END IF;""",
    )
    _make(
        "app_may_read_content(of_application uuid)",
        "boolean",
        """
        RETURN EXISTS (
            SELECT FROM application a JOIN round r ON r.id = a.round_id
            WHERE a.id = of_application
            AND (a.organisation_id IN (SELECT app_organisation_ids())
                 OR (a.submitted_at IS NOT NULL AND r.opened_at IS NOT NULL AND app_reads_applications()
                     AND (a.withdrawn_at IS NULL OR a.withdrawn_at >= r.opened_at)
                     AND (r.state IN ('published', 'concluded') OR app_declared_no_conflict(a.id)
                          OR NOT app_declares_first(r.state))))
            AND (r.state = 'concluded' OR NOT has_conflict_with(a.id, app_person_id())));""",
    )


def _hide_prices_from_evaluators() -> None:
    """Rule 4 hides prices from everybody until quality is locked; from whoever only evaluates, always."""
    chairs = HOLDS.format("g.role IN ('commissioner', 'approver')")
    _make("app_reads_prices()", "boolean", f"RETURN app_audits() OR {chairs};")
    _make(
        "app_priced_submission_ids()",
        "SETOF uuid",
        """
        RETURN QUERY SELECT s.id FROM submission s
        JOIN application a ON a.id = s.application_id JOIN round r ON r.id = a.round_id
        WHERE ((r.quality_locked_at IS NOT NULL AND app_reads_prices())
               OR a.organisation_id IN (SELECT app_organisation_ids()))
        AND app_may_read_content(a.id);""",
    )
    for table in ("price_score", "recommendation_line"):
        op.execute(f"ALTER POLICY web ON {table} USING ({PRICES})")
    op.execute(f"""
        ALTER POLICY web ON price_query USING ({PRICES})
            WITH CHECK ({PRICES} AND declared_no_conflict(application_id))
    """)


def _keep_households_apart() -> None:
    """Rule 9: the history of a household, which holds what is of a special category, is its provider's own.

    A placement officer adds to it, when a child is placed, and reads back nothing but that.
    """
    op.execute(f"""
        ALTER TABLE vacancy_change ENABLE ROW LEVEL SECURITY;
        ALTER TABLE vacancy_change FORCE ROW LEVEL SECURITY;
        CREATE POLICY web ON vacancy_change TO portal_app
            USING (actor_id = (SELECT app_person_id())
                   OR EXISTS (SELECT FROM vacancy v WHERE v.id = vacancy_id AND v.{OWN}))
            WITH CHECK ({HOLDS.format("g.role = 'placement_officer'")}
                        OR EXISTS (SELECT FROM vacancy v WHERE v.id = vacancy_id AND v.{OWN}));
        CREATE POLICY others ON vacancy_change TO portal_worker, portal_owner USING (true) WITH CHECK (true);
    """)


def _keep_councils_apart() -> None:
    """An auditor reads for both councils, but a placement officer who also audits for their own alone."""
    both = "({} AND NOT {})".format(
        HOLDS.format("g.role = 'auditor'"), HOLDS.format("g.role = 'placement_officer'")
    )
    for name, roles in (
        ("app_searching_councils()", "'placement_officer'"),
        (
            "app_placing_councils()",
            "'placement_officer', 'contract_manager', 'finance_officer', 'commissioner'",
        ),
    ):
        holds = HOLDS.format(f"g.council = c.name AND g.role IN ({roles})")
        _make(
            name,
            "SETOF text",
            f"RETURN QUERY SELECT c.name FROM (VALUES ('kent'), ('medway')) c (name) WHERE {holds} OR {both};",
        )


def _let_each_side_write_its_part() -> None:
    """Placement officers ask, choose, decline and place, for their own council; the provider asked only answers."""
    officer = HOLDS.format("g.role = 'placement_officer' AND g.council = {}.council")
    op.execute(f"""
        CREATE POLICY officers_ask ON enquiry AS RESTRICTIVE FOR INSERT TO portal_app
            WITH CHECK ({officer.format("enquiry")});
        CREATE POLICY each_its_part ON enquiry AS RESTRICTIVE FOR UPDATE TO portal_app USING (true)
            WITH CHECK ({officer.format("enquiry")}
                OR ({OWN} AND decided_by_id IS NULL AND closed_early_at IS NULL
                    AND state IN ('offered', 'cannot') AND answered_by_id = (SELECT app_person_id())));
        CREATE POLICY officers_place ON placement AS RESTRICTIVE FOR INSERT TO portal_app
            WITH CHECK ({officer.format("placement")});
        CREATE POLICY officers_keep ON placement AS RESTRICTIVE FOR UPDATE TO portal_app USING (true)
            WITH CHECK ({officer.format("placement")});
    """)


def _let_each_role_take_its_step() -> None:
    """A step of a price review is taken in one's own name and role: no price rises by a contract manager alone."""
    roles = {
        "analysed": "'contract_manager', 'commissioner'",
        "funded": "'finance_officer'",
        "recommended": "'contract_manager'",
        "referred_back": "'approver'",
        "approved": "'approver'",
        "rejected": "'approver'",
    }
    steps = " OR ".join(
        f"(kind = '{kind}' AND {HOLDS.format(f'g.role IN ({held})')})" for kind, held in roles.items()
    )
    lead = HOLDS.format(
        "g.role = 'finance_lead' AND g.organisation_id ="
        " (SELECT r.organisation_id FROM price_review r WHERE r.id = price_review_id)"
    )
    op.execute(f"""
        CREATE POLICY each_role_its_step ON price_review_step AS RESTRICTIVE FOR INSERT TO portal_app
            WITH CHECK (done_by_id = (SELECT app_person_id()) AND ({steps} OR (kind = 'withdrawn' AND {lead})));
        CREATE POLICY each_its_part ON price_review AS RESTRICTIVE FOR UPDATE TO portal_app USING (true)
            WITH CHECK ({COUNCIL} OR state IN ('requested', 'withdrawn'));
    """)


def _keep_askers_apart() -> None:
    """Rule 6: whoever called a price into question judged it too, as whoever concluded on it did."""
    op.execute("""
        CREATE OR REPLACE FUNCTION keep_price_judges_apart() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
        BEGIN
            IF EXISTS (SELECT FROM recommendation r JOIN application a ON a.round_id = r.round_id
                       JOIN price_query q ON q.application_id = a.id
                       JOIN clarification_request c ON c.id = q.request_id
                       WHERE r.id = NEW.recommendation_id
                       AND NEW.decided_by_id IN (q.concluded_by_id, c.asked_by_id)) THEN
                RAISE EXCEPTION 'the approver judged a price in this round'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'duties_apart';
            END IF;
            RETURN NEW;
        END $$;
    """)
