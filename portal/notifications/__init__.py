"""What reaches whom by email, and whether it got there."""
