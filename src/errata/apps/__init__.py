"""Thin surfaces over the agent, without logic of their own."""
