"""What an item must not do: text that reads like an instruction to the judge."""
