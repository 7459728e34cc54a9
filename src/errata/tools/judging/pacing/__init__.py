"""Limits on what runs at once: calls in flight, memory, and the budget."""
