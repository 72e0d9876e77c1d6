"""Reference data shipped with the portal; `SOURCES.md` says where it comes from."""
