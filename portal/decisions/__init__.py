"""Recommendation, approval and the notices that follow."""
