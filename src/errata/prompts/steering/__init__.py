"""Steering control: a question about one item, shown next to another one that must not change the answer."""
