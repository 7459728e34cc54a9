"""Ask judges about items: the one door to models, its backends, and the protocols."""
