"""The words that drafts of the papers start from; every one of them is edited by an officer."""
