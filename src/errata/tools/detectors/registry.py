"""Detectors by name: errata's own and those of other packages (entry points of ``errata.detectors``)."""

from __future__ import annotations

from collections.abc import Mapping

from errata.tools.detectors.detector import Detector
from errata.tools.plugins import load, named

GROUP = "errata.detectors"


def detectors() -> Mapping[str, Detector]:
    """All installed detectors in the order in which they run: those on by default first. Raises what ``plugins.load``
    raises.

    errata's own that are off by default add nothing to the default ones on the sets of evals/ablation
    (docs/methods.md), or find something other than wrong labels.
    """
    found = load(GROUP, Detector)
    return dict(sorted(found.items(), key=lambda named: not named[1].default))


def detector_named(name: str) -> Detector:
    """SetupError, suggesting the nearest name, if there is no such detector."""
    return named(GROUP, Detector, name)
