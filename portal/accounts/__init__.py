"""People and their sign-in: roles, passwords, sessions, emailed links, invitations."""
