"""A person's yes, and what it does: decide, undo, apply, revert."""
