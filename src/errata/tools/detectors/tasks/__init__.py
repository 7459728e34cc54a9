"""Detectors for other kinds of labels: several an item, tags of tokens, pairs, ordered ones, trees."""
