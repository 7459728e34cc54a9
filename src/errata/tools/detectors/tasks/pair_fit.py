"""Whether the two parts of a pair fit, where every pair claims that they do.

Pairs drawn at random show what no fit looks like. A logistic regression that tells the pairs as they are from those
drawn at random weighs the evidence, and so needs no label: how far each part is from the parts of similar pairs
(``text_image``), and, in a space that both parts share, how alike they are.
"""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.detector import Detector
from errata.tools.detectors.tasks import marks
from errata.tools.detectors.tasks.text_image import distances, misfitting
from errata.tools.features.embedder import unit_rows
from errata.types import F32, F64, Int

DRAWS = 10
"""Times that all pairs are drawn at random."""
FEWEST_WRONG = 0.02
"""Where the parts are so alike that no pair seems wrong, a share as of a rare outcome is still taken for possible."""
FEWEST = 10
"""Of fewer pairs nothing is said."""


def fits(one_ND: F32, other_NE: F32, in_one_space: tuple[F32, F32] | None = None) -> F32:
    """f32[N] in [0, 1], low = bad: p(the parts fit | their vectors). ``in_one_space``: f32[N, F] of each part, in one
    space; without, nothing compares the parts themselves, and no pair is below one half: such a scan ranks alone.

    On average 1 - p is the share of pairs that are farther apart than pairs drawn at random (``misfitting``). Wrong
    pairs that are more alike than random ones are among those that fit, as far as this can tell.
    """
    count = len(one_ND)
    if count < FEWEST:
        return np.full(count, 0.5, np.float32)
    rng = np.random.default_rng(0)
    drawn = [rng.permutation(count) for _ in range(DRAWS)]
    evidence_DNF = _evidence(one_ND, other_NE, in_one_space, [np.arange(count), *drawn])
    logit_DN = _as_they_are(evidence_DNF)
    logit_N, by_chance_M = logit_DN[0], logit_DN[1:].ravel()
    share = max(misfitting(-logit_N, -by_chance_M) / count, FEWEST_WRONG)
    fits_N = _with_mean(logit_N, 1 - share).astype(np.float32)
    return fits_N if in_one_space else ((1 + fits_N) / 2).astype(np.float32)


def _evidence(one_ND: F32, other_NE: F32, in_one_space: tuple[F32, F32] | None, told: list[Int]) -> F64:
    """f64[draws, N, evidence], high = alike: of each part with the other part of pair ``told_N``, for each draw."""
    distance = distances(one_ND, other_NE)
    found = [[-distance(told_N) for told_N in told]]
    if in_one_space:
        left_NF, right_NF = (unit_rows(side_NF - side_NF.mean(axis=0)) for side_NF in in_one_space)
        found.append([np.einsum("nf,nf->n", left_NF, right_NF[told_N]) for told_N in told])
    return np.moveaxis(np.array(found, np.float64), 0, -1)


def _as_they_are(evidence_DNF: F64) -> F32:
    """f32[draws, N]: log-odds that a pair is one as it is, draw 0, and not one of the others, drawn at random."""
    from sklearn.linear_model import LogisticRegression

    draws, count, kinds = evidence_DNF.shape
    rows_MF = evidence_DNF.reshape(-1, kinds)
    scaled_MF = (rows_MF - rows_MF.mean(axis=0)) / np.maximum(rows_MF.std(axis=0), np.finfo(float).tiny)
    as_it_is_M = np.repeat(np.arange(draws) == 0, count)
    told = LogisticRegression(class_weight="balanced").fit(scaled_MF, as_it_is_M)
    logit_DN: F32 = told.decision_function(scaled_MF).reshape(draws, count).astype(np.float32)
    return logit_DN


def _with_mean(logit_N: F32, mean: float) -> F64:
    """f64[N]: probabilities in the order of the log-odds, shifted so that they have this mean."""
    from scipy.optimize import brentq
    from scipy.special import expit

    widest = float(np.abs(logit_N).max()) + 40
    shift = brentq(lambda by: expit(logit_N + by).mean() - mean, -widest, widest)
    probs_N: F64 = expit(logit_N + shift)
    return probs_N


DETECTOR = Detector(
    "pair_fit", "pairs whose parts are no more alike than pairs drawn at random", ("probs",), marks.detect
)
