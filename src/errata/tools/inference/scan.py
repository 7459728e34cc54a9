"""What the scan found about all items, before any judge was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from errata.tools.inference.candidates import ABSENT
from errata.tools.inference.label_noise import LabelNoise
from errata.tools.inference.people import People
from errata.types import F32, F64, Bool, Int, LabelProbs

SMALLEST = 1e-9


@dataclass(frozen=True, slots=True)
class Scan:
    """``probs_NK``: out-of-sample probabilities. ``label_probs``: each detector's distribution over labels. ``flags``:
    detector -> its flags, bool[N]. ``quality_N``: how well each given label fits, f32[N] in [0, 1], low = bad, NaN
    without a label. ``neighbors_Nk``: the nearest labeled items, -1 = none. ``copies_N``: each item's group of copies,
    -1 = none; None if an older errata made the scan. ``people``: what votes say."""

    probs_NK: LabelProbs
    label_probs: Sequence[LabelProbs]
    flags: Mapping[str, Bool]
    quality_N: F32
    noise: LabelNoise
    neighbors_Nk: Int | None = None
    copies_N: Int | None = None
    people: People | None = None

    def log_probs(self, rows: Int, cand_nC: Int) -> F64:
        """How likely the content of these items and the votes on them make their candidate labels, ignoring the given
        one: the detectors' mean log-probability, with the votes', f64[n, C], -inf if there is no candidate."""
        each = [probs_NK[rows[:, None], np.maximum(cand_nC, 0)] for probs_NK in self.label_probs]
        mean_nC = np.mean([np.log(np.maximum(probs_nC, SMALLEST)) for probs_nC in each], axis=0)
        if self.people is not None:
            mean_nC = mean_nC + self.people.logs(rows, cand_nC)
        return np.where(cand_nC == ABSENT, -np.inf, mean_nC)
