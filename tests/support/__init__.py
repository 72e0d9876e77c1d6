"""What tests stand on: the database server, a strict client, factories' role, time."""
