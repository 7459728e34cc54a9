"""All evidence of a run in one posterior per item; made anew whenever it is asked for, since it takes milliseconds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from errata.agent.evidence.adjusted_verdicts import as_heard
from errata.agent.run.workspace import Workspace
from errata.tools.detectors.confident.confident_joint import confident_joint
from errata.tools.inference.label_noise import LabelNoise, label_noise
from errata.tools.inference.posterior import Posteriors, weigh
from errata.types import Int, Verdict


def posteriors(workspace: Workspace, verdicts: Sequence[Verdict] | None = None) -> Posteriors:
    """Over all items of the run, from its detectors and from ``verdicts`` (default: all that the run has)."""
    found = as_heard(workspace, workspace.verdicts() if verdicts is None else verdicts)
    return weigh(
        workspace.given_N,
        workspace.detector_probs(),
        noise_of(workspace),
        found,
        workspace.run.label_space,
        workspace.settings.pool,
    )


def noise_of(workspace: Workspace) -> LabelNoise:
    """How labels go wrong here, learned once from the labels and the detectors."""
    arrays = workspace.arrays
    if not arrays.has("power"):
        found = label_noise(workspace.given_N, workspace.detector_probs(), joint_of(workspace))
        arrays.save("transition", found.transition_KK)
        arrays.save("power", np.array(found.power))
    return LabelNoise(np.asarray(arrays.load("transition")), float(arrays.load("power")))


def joint_of(workspace: Workspace) -> Int:
    """The calibrated confident joint of the out-of-fold probabilities, i64[K, K]: given label, then likely true one."""
    labeled = np.flatnonzero(workspace.given_N >= 0)
    labels_N = workspace.given_N[labeled]
    return confident_joint(labels_N, np.asarray(workspace.arrays.load("probs")[labeled])).calibrated(labels_N)
