"""Pair fits: whether the two parts of a pair fit each other."""
