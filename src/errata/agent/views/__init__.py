"""Read only: where a run stands, its report, its items, its history, its price."""
