"""Array computations that several detectors share; no detectors."""
