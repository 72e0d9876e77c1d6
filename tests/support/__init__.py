"""What tests stand on: the database server, a strict client, the browser, the factories' role, time."""
