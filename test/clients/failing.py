"""Fails as a check of a client does."""

assert 1 + 1 == 3, "the sum is wrong"
