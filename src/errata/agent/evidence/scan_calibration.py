"""Learn what the scan's confidence is worth on a run's own data, once the detectors are done."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from errata.agent.contributions import ScanCalibration
from errata.agent.evidence.scan import detector_input
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.notices import Progress
from errata.agent.run.workspace import Workspace
from errata.tools.detectors.arrays.top_probs import only
from errata.tools.inference.planted_scan import PlantedScan, learned


def calibrate_scan(workspace: Workspace, progress: Progress) -> None:
    """Once for a run."""
    snapshot = Snapshot.of(workspace)
    if workspace.task.own_scan:
        return  # the task's own scan gives probabilities that account for the labels' noise
    if snapshot.contributions.find(ScanCalibration) is None:
        found = learned(planted_scan(snapshot), lambda done, total: progress("calibrate", done, total))
        workspace.add_contributions("calibrate", ScanCalibration(**asdict(found)))


def planted_scan(snapshot: Snapshot) -> PlantedScan:
    """The scan of the run's labeled items, as it can be repeated with planted labels."""
    settings, labeled = snapshot.workspace.settings, np.flatnonzero(snapshot.given_N >= 0)
    given = detector_input(snapshot, labeled)
    fixed = bool(settings.probs) or settings.probe != "ensemble"
    found = snapshot.view.found
    label_probs = [only(probs_NK, labeled) for probs_NK in found.label_probs]
    return PlantedScan(given, given.label_probs(), fixed, tuple(snapshot.witnesses), label_probs, found.noise)
