"""Blind choice with the given label shown after all: only to measure how much a judge leans on it."""
