"""Thin surfaces over the agent: no logic of their own."""
