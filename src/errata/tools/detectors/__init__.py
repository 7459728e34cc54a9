"""Detectors: pure functions from arrays to Scores. Quality is in [0, 1], low = bad, everywhere."""

from errata.tools.detectors.detector import Detector, DetectorInput
from errata.tools.detectors.registry import detector_named, detectors

__all__ = ["Detector", "DetectorInput", "detector_named", "detectors"]
