"""Blind choice with the given label shown: only to measure how much a judge relies on it."""
