"""Compare labels with those of the nearest neighbors, and find these."""
