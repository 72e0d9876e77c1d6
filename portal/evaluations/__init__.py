"""Compliance, conflicts, assignment, individual scores, consensus and price scores."""
