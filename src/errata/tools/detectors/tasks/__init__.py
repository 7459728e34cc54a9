"""Detectors for labels of another kind: several an item, tags of tokens, pairs, ordered labels, trees."""
