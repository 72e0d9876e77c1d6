"""Each role's start page: what needs doing now."""
