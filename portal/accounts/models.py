"""People, the roles they hold, the links mailed to them and their tries at signing in."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from flask_login import UserMixin
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, query_expression, relationship

from portal.accounts.states import PROVIDER_ROLES, Council, LinkPurpose, Role
from portal.core.db import Base, Identified, Versioned, enum_of

if TYPE_CHECKING:
    # Organisations belong to the feature above; SQLAlchemy finds the class by its name.
    from portal.providers.models import Organisation


class Person(Versioned, UserMixin, Base):  # type: ignore[misc] # Flask-Login has no types
    """Someone who can sign in. One person has one login (domain handbook §2).

    `auth_version` is in every session cookie: raising it signs the person out everywhere.
    """

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("email"),
        CheckConstraint("email = lower(email)", name="email_lower_case"),
    )

    email: Mapped[str]
    full_name: Mapped[str]
    password_hash: Mapped[str | None]
    email_confirmed_at: Mapped[datetime | None]
    auth_version: Mapped[int] = mapped_column(default=1)
    is_disabled: Mapped[bool] = mapped_column(default=False)

    # How many notifications are unread: read with the signed-in person alone, elsewhere None.
    unread: Mapped[int | None] = query_expression()

    grants: Mapped[list[RoleGrant]] = relationship(
        back_populates="person",
        lazy="joined",
        foreign_keys="RoleGrant.person_id",
        order_by="RoleGrant.created_at",
    )

    @property
    def name(self) -> str:
        return self.full_name

    @property
    def is_active(self) -> bool:
        return not self.is_disabled

    @property
    def is_invited(self) -> bool:
        """Was given an account and has not chosen a password yet."""
        return self.password_hash is None

    def holds(self, *roles: Role) -> bool:
        """Holds any of these roles, for whatever organisation or council."""
        return any(grant.role in roles for grant in self.grants)

    def acts_for(self, organisation_id: uuid.UUID, *roles: Role) -> bool:
        """Holds any of these provider roles (any at all when none is named) at this organisation."""
        return any(
            grant.organisation_id == organisation_id and (not roles or grant.role in roles)
            for grant in self.grants
        )

    @property
    def organisation_ids(self) -> list[uuid.UUID]:
        """The organisations this person acts for, oldest first, each once."""
        return list(dict.fromkeys(g.organisation_id for g in self.grants if g.organisation_id is not None))

    @property
    def council(self) -> Council | None:
        """The council this person works for, or None."""
        return next((grant.council for grant in self.grants if grant.council is not None), None)

    @property
    def is_council(self) -> bool:
        return self.council is not None


class RoleGrant(Identified, Base):
    """One role of one person, at an organisation (provider roles) or at a council (council roles)."""

    __tablename__ = "role_grant"
    __table_args__ = (
        UniqueConstraint(
            "person_id", "role", "organisation_id", "council", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("(organisation_id IS NULL) <> (council IS NULL)", name="one_side"),
        CheckConstraint(
            "(organisation_id IS NOT NULL) = (role IN ({}))".format(
                ", ".join(f"'{role}'" for role in sorted(PROVIDER_ROLES))
            ),
            name="role_fits_side",
        ),
    )

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[Role] = mapped_column(enum_of(Role))
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    council: Mapped[Council | None] = mapped_column(enum_of(Council))
    granted_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))

    person: Mapped[Person] = relationship(back_populates="grants", foreign_keys=[person_id])
    organisation: Mapped[Organisation | None] = relationship("Organisation", viewonly=True)


class AccountLink(Identified, Base):
    """A link mailed to an address: single use, short-lived, kept only as a hash of its secret.

    An invitation also holds the role and the organisation or council it offers.
    """

    __tablename__ = "account_link"
    __table_args__ = (UniqueConstraint("secret_hash"), Index(None, "email", "purpose"))

    purpose: Mapped[LinkPurpose] = mapped_column(enum_of(LinkPurpose))
    email: Mapped[str]
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    secret_hash: Mapped[bytes]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    roles: Mapped[list[str]] = mapped_column(default=list)
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organisation.id"))
    council: Mapped[Council | None] = mapped_column(enum_of(Council))
    invited_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))

    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    organisation: Mapped[Organisation | None] = relationship("Organisation", viewonly=True)

    @property
    def offered_roles(self) -> list[Role]:
        """The roles an invitation offers."""
        return [Role(name) for name in self.roles]


class SignInAttempt(Identified, Base):
    """One try at signing in, by hashes of the address typed and of where it came from. For throttling."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index(None, "email_hash", "created_at"), Index(None, "source_hash", "created_at"))

    email_hash: Mapped[bytes]
    source_hash: Mapped[bytes]
    succeeded: Mapped[bool]
    from_known_device: Mapped[bool] = mapped_column(default=False)
