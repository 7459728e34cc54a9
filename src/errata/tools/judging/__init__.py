"""Ask judges about items: the one door to models (cache, budget, record), its backends, and the protocols."""
