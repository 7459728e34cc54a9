"""The noise channel of a dataset: how often each true label was given as each other one, derived from a joint."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.types import F64


class NoiseChannel(NamedTuple):
    """``transition_KK[a, b]``: P(given = b | true = a), rows sum to 1. ``prior_K``: P(true = a). Both f64."""

    transition_KK: F64
    prior_K: F64

    def true_given(self) -> F64:
        """f64[K, K]: [b, a] is P(true = a | given = b), rows sum to 1; the label itself if no item is given b."""
        joint_KK = (self.transition_KK * self.prior_K[:, None]).T
        given_K = joint_KK.sum(axis=1, keepdims=True)
        posterior_KK: F64 = np.where(given_K > 0, joint_KK / np.where(given_K > 0, given_K, 1), np.eye(len(joint_KK)))
        return posterior_KK


def from_joint(counts_KK: ArrayLike) -> NoiseChannel:
    """The channel of a confident joint: ``counts_KK[b, a]`` items given b and truly a.

    A class that no item truly has keeps its labels. Raises DataError for a table that is not square or is empty.
    """
    counts = np.asarray(counts_KK, np.float64).T
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.sum() > 0 or counts.min() < 0:
        raise DataError(f"A joint must be a square table of counts with something in it, got shape {counts.shape}.")
    true_K = counts.sum(axis=1, keepdims=True)
    transition_KK = np.where(true_K > 0, counts / np.where(true_K > 0, true_K, 1), np.eye(len(counts)))
    return NoiseChannel(transition_KK, true_K[:, 0] / counts.sum())
