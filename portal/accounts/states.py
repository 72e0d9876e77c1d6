"""Roles, councils and the purposes of emailed links."""

from enum import StrEnum


class Council(StrEnum):
    """The two councils that use the framework. Kent leads."""

    KENT = "kent"
    MEDWAY = "medway"

    @property
    def label(self) -> str:
        return {"kent": "Kent County Council", "medway": "Medway Council"}[self]


class Role(StrEnum):
    """What a person does here (domain handbook §2). A person may hold several."""

    PROVIDER_ADMINISTRATOR = "provider_administrator"
    BID_WRITER = "bid_writer"
    PLACEMENTS_LEAD = "placements_lead"
    FINANCE_LEAD = "finance_lead"
    COMMISSIONER = "commissioner"
    EVALUATOR = "evaluator"
    APPROVER = "approver"
    PLACEMENT_OFFICER = "placement_officer"
    CONTRACT_MANAGER = "contract_manager"
    FINANCE_OFFICER = "finance_officer"
    AUDITOR = "auditor"
    SYSTEM_ADMINISTRATOR = "system_administrator"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()

    @property
    def is_provider_role(self) -> bool:
        return self in PROVIDER_ROLES


PROVIDER_ROLES = frozenset(
    {Role.PROVIDER_ADMINISTRATOR, Role.BID_WRITER, Role.PLACEMENTS_LEAD, Role.FINANCE_LEAD}
)
COUNCIL_ROLES = frozenset(Role) - PROVIDER_ROLES


class LinkPurpose(StrEnum):
    """What an emailed link lets its holder do, once."""

    CONFIRM_EMAIL = "confirm_email"
    RESET_PASSWORD = "reset_password"
    ACCEPT_INVITATION = "accept_invitation"
