"""Open answer: the name of a label; the label space is too large to list, or is walked level by level."""
