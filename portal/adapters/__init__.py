"""Where the portal meets the outside: storage, mail, scanning. Each is a protocol with a real and an in-memory side."""
