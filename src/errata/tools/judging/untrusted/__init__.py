"""Find text in an item that reads like an instruction to the judge."""
