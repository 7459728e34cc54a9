"""Ask judges about items: the door to models, its backends, and the protocols."""
