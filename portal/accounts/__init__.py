"""People and their sign-in: roles, passwords, sessions, e-mailed links, invitations."""
