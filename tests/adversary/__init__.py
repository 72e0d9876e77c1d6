"""Random people doing random things, legal and not, through a whole round; the rules are checked after each step."""
