"""What reaches whom by e-mail, and whether it got there."""
