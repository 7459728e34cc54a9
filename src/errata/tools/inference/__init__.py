"""One posterior per item from all evidence, and its least costly outcome."""
