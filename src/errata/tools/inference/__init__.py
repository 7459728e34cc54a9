"""One posterior per item from all evidence, and the outcome that costs least under it (ALGORITHMS C1 to C4)."""
