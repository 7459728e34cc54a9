"""Question bank: one prepared yes/no question about the item."""
