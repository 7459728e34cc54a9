"""A scan of planted errors: the detectors in closed form on labels that errata made wrong, and what they say of these.

The planted labels live in memory alone: nothing that is stored as data, or written out, ever holds them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from errata.tools.detectors import DetectorInput, detector_named
from errata.tools.detectors.arrays.top_probs import labels_kept
from errata.tools.detectors.confident.confident_joint import confident_joint
from errata.tools.detectors.neighbors.copies import shares
from errata.tools.detectors.probs import ensemble
from errata.tools.inference.calibration import Calibration, Planted, calibrate, split
from errata.tools.inference.candidates import candidates
from errata.tools.inference.label_noise import LabelNoise, label_noise
from errata.tools.inference.planted_errors import PlantedErrors, plant
from errata.tools.inference.posterior import from_scan
from errata.tools.inference.scan import Scan
from errata.types import F32, F64, Int, LabelProbs

ENOUGH = 100
"""Planted errors to learn from, in MOST_ROUNDS at most."""
MOST_ROUNDS = 4


@dataclass(frozen=True)
class PlantedScan:
    """The scan of labeled items, to be repeated with other labels. ``keeps_probs``: ``probs_NK`` stay as they are: they
    are the user's own, or take long to make. ``witnesses``: the detectors that say something of the labels,
    ``label_probs`` and ``noise``: what they said of the given ones, and the noise in these."""

    given: DetectorInput
    probs_NK: LabelProbs
    keeps_probs: bool
    witnesses: Sequence[str]
    label_probs: Sequence[LabelProbs]
    noise: LabelNoise

    @cached_property
    def joint_KK(self) -> Int:
        return self._joint(self.given.labels_N, self.probs_NK)

    @cached_property
    def _weights_N(self) -> F32 | None:
        return shares(self.given.found_copies_N)

    def logs_of(self, labels_N: Int) -> tuple[Int, F64]:
        """The candidate labels of each item, int[N, C], and their log-probabilities by a scan of these labels."""
        label_probs, noise = self._again(labels_N)
        cand_NC = candidates(labels_N, label_probs)
        return cand_NC, from_scan(cand_NC, labels_N, label_probs, noise)

    def repeated(self, labels_N: Int, detectors: Sequence[str]) -> Scan:
        """What these detectors, the witnesses among them, find with these labels."""
        given = replace(self.given, labels_N=labels_N, probs_NK=self._probs(labels_N))
        scores = {name: detector_named(name).detect(given) for name in detectors}
        found = [scores[name].label_probs for name in self.witnesses]
        label_probs = [probs_NK for probs_NK in found if probs_NK is not None] or [given.label_probs()]
        return Scan(
            given.label_probs(),
            label_probs,
            {name: one.flag for name, one in scores.items()},
            np.mean([scores[name].quality for name in self.witnesses or detectors], axis=0, dtype=np.float32),
            label_noise(labels_N, label_probs, self._joint(labels_N, given.label_probs()), self._weights_N),
        )

    def _again(self, labels_N: Int) -> tuple[Sequence[LabelProbs], LabelNoise]:
        """What the witnesses say of these labels, and the noise in them; known of the given ones."""
        if labels_N is self.given.labels_N:
            return self.label_probs, self.noise
        scan = self.repeated(labels_N, self.witnesses)
        return scan.label_probs, scan.noise

    def _joint(self, labels_N: Int, probs_NK: LabelProbs) -> Int:
        joint = confident_joint(labels_N, probs_NK, weights_N=self._weights_N)
        return joint.calibrated(labels_N, self._weights_N)

    def _probs(self, labels_N: Int) -> LabelProbs:
        given = self.given
        if self.keeps_probs:
            return self.probs_NK
        kept = labels_kept(len(labels_N), given.num_classes)
        return ensemble.left_out_probs(
            given.embeddings(), labels_N, given.num_classes, given.near, kept, copies_N=given.copies()
        )


def learned(scan: PlantedScan, progress: Callable[[int, int], None]) -> Calibration:
    """From as many rounds of planted errors as it takes."""
    labels_N = scan.given.labels_N
    _, odds_N = split(scan.logs_of(labels_N)[1])
    right_N = 1 / (1 + np.exp(odds_N))
    found: list[Planted] = []
    rounds = MOST_ROUNDS
    for seed in range(MOST_ROUNDS):
        if seed >= rounds:
            break
        errors = plant(labels_N, scan.probs_NK, scan.joint_KK, seed)
        if not len(errors.items_P):
            return Calibration()
        rounds = min(MOST_ROUNDS, -(-ENOUGH // len(errors.items_P)))
        found.append(_scanned(scan, errors, odds_N, right_N))
        progress(seed + 1, rounds)
    return calibrate(_together(found), odds_N, labels_N)


def _scanned(scan: PlantedScan, errors: PlantedErrors, odds_N: F64, right_N: F64) -> Planted:
    """What the scan says of the planted errors. Its odds are brought to the scale of the scan without them, by the
    odds of all other items in both."""
    planted_N = errors.into(scan.given.labels_N)
    cand_NC, logs_NC = scan.logs_of(planted_N)
    others_NC, now_N = split(logs_NC)
    left = np.ones(len(now_N), bool)
    left[errors.items_P] = False
    now_P, others_PC = now_N[errors.items_P], others_NC[errors.items_P]
    on_scale_P = np.interp(now_P, np.sort(now_N[left]), np.sort(odds_N[left]))
    true_P = scan.given.labels_N[errors.items_P]
    is_true_PC = cand_NC[errors.items_P, 1:] == true_P[:, None]
    place_P = np.where(is_true_PC.any(axis=1), is_true_PC.argmax(axis=1), -1)
    return Planted(errors.labels_P, on_scale_P, others_PC, place_P, right_N[errors.items_P])


def _together(rounds: Sequence[Planted]) -> Planted:
    width = max(one.others_PC.shape[1] for one in rounds)
    wide = [
        np.pad(one.others_PC, ((0, 0), (0, width - one.others_PC.shape[1])), constant_values=-np.inf) for one in rounds
    ]
    return Planted(
        np.concatenate([one.given_P for one in rounds]),
        np.concatenate([one.odds_P for one in rounds]),
        np.concatenate(wide),
        np.concatenate([one.true_P for one in rounds]),
        np.concatenate([one.right_P for one in rounds]),
    )
