"""Read only: the status, report, items, history, and price of a run."""
