"""The illustrative lists, questions and volumes that a new framework starts from."""
