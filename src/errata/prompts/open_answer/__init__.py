"""Open answer: the name of a label; the label space is too large to be listed, or is walked level by level."""
