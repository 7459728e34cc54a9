"""Marked choice: a blind choice about the part of an image that a red outline marks."""
