"""One posterior per item from all evidence, and the outcome that costs least under it."""
