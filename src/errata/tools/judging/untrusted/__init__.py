"""Text that reads like an instruction to the judge."""
