"""Detectors that add nothing to the default ones on the sets of evals/ablation, run by name."""
