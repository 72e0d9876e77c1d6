"""Where the portal meets the outside: each module is a protocol with a real and an in-memory side."""
