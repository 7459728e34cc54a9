"""How much at once: calls in flight, memory, and the budget."""
