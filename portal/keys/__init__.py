"""A provider's keys for machines: making, using and revoking them, and the page that explains the API."""
