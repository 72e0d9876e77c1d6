"""What every feature stands on: database, access, transitions, audit, jobs, clock, errors and the look."""
