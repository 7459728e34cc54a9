"""Labels against those of the nearest neighbors, and how these are found."""
