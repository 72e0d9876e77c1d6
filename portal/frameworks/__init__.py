"""Framework agreements, the rounds that re-open them, question sets and the shape of the price schedule."""
