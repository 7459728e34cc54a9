"""Detectors for other kinds of labels: several per item, tags of tokens, pairs, ordered labels, trees."""
