"""Detectors: pure functions from arrays to Scores. Quality is in [0, 1], low = bad, everywhere."""

from errata.tools.detectors.registry import DETECTORS, DetectorInput, runnable

__all__ = ["DETECTORS", "DetectorInput", "runnable"]
