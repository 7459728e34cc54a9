"""Blind choice: which option describes the item, without being shown the given label."""
