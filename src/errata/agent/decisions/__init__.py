"""A person's approval and what it does: decide, undo, apply, revert."""
