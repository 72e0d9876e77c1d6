"""Command-line entry points: `flask --app wsgi …`. Each opens its own transaction and calls a service."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
import sqlalchemy as sa
from flask import Flask, current_app
from flask.cli import AppGroup

from portal import server
from portal.accounts import services as accounts
from portal.accounts.states import Council, Role
from portal.config import ROOT, Settings
from portal.core import audit, db, embedded, jobs
from portal.core.errors import DomainError
from portal.demo import services as demonstration
from portal.frameworks import services as frameworks
from portal.providers import services as providers

if TYPE_CHECKING:
    from alembic.config import Config

# Where web and worker share a machine, whoever waits for a page comes first.
WORKERS_NICENESS = 5

database = AppGroup("db", help="The database's tables.")
audit_log = AppGroup("audit", help="The audit log.")
ofsted = AppGroup("ofsted", help="Ofsted's register of independent fostering agencies.")
account = AppGroup("account", help="Accounts of people.")
demo = AppGroup("demo", help="The demonstration's story, with fictional providers.")
framework = AppGroup("framework", help="The framework and the lists its prices are made of.")


def register(app: Flask) -> None:
    """Add every command to the application."""
    for group in (database, audit_log, account, ofsted, framework, demo):
        app.cli.add_command(group)
    app.cli.add_command(worker)
    app.cli.add_command(serve)


@database.command("upgrade")
def upgrade_database() -> None:
    """Bring the tables to the newest migration."""
    _upgrade()


@database.command("check")
def check_database() -> None:
    """Fail if the models and the migrated tables differ."""
    from alembic import command

    command.check(migrations())


@audit_log.command("verify")
def verify_audit_log() -> None:
    """Walk along the chain and say how many events were checked, or which is the first broken one."""
    connect_as_worker()
    with db.transaction():
        found = audit.verify()
    if found.first_broken is not None:
        raise click.ClickException(f"Event {found.first_broken} is broken. Checked {found.checked} events.")
    click.echo(f"Checked {found.checked} events: the chain is whole.")


@account.command("create-admin")
@click.option("--email", required=True, help="The address to sign in with.")
@click.option("--name", "full_name", required=True, help="The person's full name.")
@click.option("--council", type=click.Choice([council.value for council in Council]), default="kent")
def create_administrator(email: str, full_name: str, council: str) -> None:
    """Make a system administrator's account, and send an email with a link for choosing a password."""
    connect_as_worker()
    try:
        with db.transaction():
            accounts.create_council_account(
                email, full_name, Council(council), [Role.SYSTEM_ADMINISTRATOR], by=None
            )
    except DomainError as error:
        raise click.ClickException(error.message) from error
    click.echo(f"Made. An invitation is on its way to {email}.")


@ofsted.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_ofsted_file(file: Path) -> None:
    """Load Ofsted's yearly CSV file of providers. A file that is wrong changes nothing and says why."""
    connect_as_worker()
    try:
        with db.transaction():
            made = providers.import_register(file)
    except providers.BadRegisterFile as bad:
        raise click.ClickException("\n".join(bad.problems)) from bad
    except DomainError as error:
        raise click.ClickException(error.message) from error
    click.echo(f"Loaded {made.agencies} agencies as at {made.as_at:%d/%m/%Y}.")


@framework.command("load")
def load_framework() -> None:
    """Load the framework, the price lists and the register that the portal ships, where they are missing."""
    connect_as_worker()
    with db.transaction():
        frameworks.load_reference_lists()
        loaded = frameworks.load_framework()
        providers.load_shipped_register()
    click.echo(f"{loaded.title} is ready.")


@click.command("worker")
@click.option("--until-empty", is_flag=True, help="Stop when no job is left.")
def worker(until_empty: bool) -> None:
    """Do the jobs that requests leave behind: mail, scans, what is due at a time."""
    os.nice(WORKERS_NICENESS)
    connect_as_worker()
    url = sa.make_url(embedded.address(settings(), "portal_worker")).set(drivername="postgresql")
    jobs.run_worker(url.render_as_string(hide_password=False), until_empty=until_empty)


@demo.command("load")
def load_demonstration() -> None:
    """Load the story into an empty database."""
    _only_for_demonstration()
    connect_as_worker()
    if not demonstration.load_if_empty(embedded.address(settings(), "portal_owner")):
        raise click.ClickException("There is content already. To begin again: flask --app wsgi demo reset")
    click.echo("The demonstration is loaded.")


@demo.command("reset")
def reset_demonstration() -> None:
    """Remove everything, audit log and files too, and load the story again. The web may be running."""
    _only_for_demonstration()
    connect_as_worker()
    demonstration.reset(embedded.address(settings(), "portal_owner"))
    click.echo("The demonstration begins again.")


def _only_for_demonstration() -> None:
    if settings().mode != "demo":
        raise click.ClickException(f"This portal is in {settings().mode} mode, so it holds no demonstration.")


@click.command("serve")
def serve() -> None:
    """Run database, web and worker on this machine, with the demonstration in an empty database."""
    try:
        server.serve(settings(), prepare=_prepare, welcome=_welcome)
    except server.CannotServe as error:
        raise click.ClickException(str(error)) from error


def _prepare() -> None:
    _upgrade()
    connect_as_worker()
    if settings().mode == "demo":
        demonstration.load_if_empty(embedded.address(settings(), "portal_owner"))


def _welcome() -> None:
    click.echo(f"\nThe portal is at {settings().base_url} (Ctrl-C stops it)\n")
    if settings().mode == "demo":
        for email, role in demonstration.accounts():
            click.echo(f"  {email:<44} {role}")
        click.echo(f"\nEvery demonstration account has the password: {demonstration.PASSWORD}\n")


def settings() -> Settings:
    """The application's settings."""
    found: Settings = current_app.config["SETTINGS"]
    return found


def connect_as_worker() -> None:
    """Commands work as the worker's role: row-level security seals what the web's role may not see."""
    db.connect(embedded.address(settings(), "portal_worker"))


def _upgrade() -> None:
    from alembic import command  # here, since every start of the web and the worker would pay for it

    command.upgrade(migrations(), "head")


def migrations() -> Config:
    """Alembic's configuration, with the owner's address of the database."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["url"] = embedded.address(settings(), "portal_owner")
    return config
