"""Applying: drafting, submitting, sealing and opening."""
