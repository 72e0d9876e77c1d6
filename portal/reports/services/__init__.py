"""What the reports put together for taking away."""
