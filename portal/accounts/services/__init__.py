"""What people do with accounts: register, sign in, invite, give and take roles."""

from portal.accounts.services.council_accounts import (
    create_council_account,
    disable_account,
    enable_account,
    resend_council_invitation,
)
from portal.accounts.services.identity import confirm_identity
from portal.accounts.services.invitations import (
    accept_invitation,
    accept_invitation_as,
    cancel_invitation,
    find_invitation,
    invite_colleague,
    needs_account,
    resend_invitation,
)
from portal.accounts.services.links import LinkSpent, forget_old_links
from portal.accounts.services.registration import (
    confirm_email,
    find_confirmation,
    register_person,
    resend_confirmation,
)
from portal.accounts.services.roles import change_roles, grant_role, revoke_role
from portal.accounts.services.sign_in import (
    change_password,
    check_sign_in,
    find_reset,
    request_password_reset,
    reset_password,
    sign_out_everywhere,
)
from portal.accounts.services.throttle import forget_old_tries

__all__ = [
    "LinkSpent",
    "accept_invitation",
    "accept_invitation_as",
    "cancel_invitation",
    "change_password",
    "change_roles",
    "check_sign_in",
    "confirm_email",
    "confirm_identity",
    "create_council_account",
    "disable_account",
    "enable_account",
    "find_confirmation",
    "find_invitation",
    "find_reset",
    "forget_old_links",
    "forget_old_tries",
    "grant_role",
    "invite_colleague",
    "needs_account",
    "register_person",
    "request_password_reset",
    "resend_confirmation",
    "resend_council_invitation",
    "resend_invitation",
    "reset_password",
    "revoke_role",
    "sign_out_everywhere",
]
