"""What several people's votes say about each item, as evidence beside that of the scan and the judges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from errata.tools.inference.candidates import ABSENT
from errata.tools.inference.evidence import least_probability
from errata.types import F32, F64, Bool, Int

WEIGHT = 0.7
"""Of each vote, as a power of its likelihood. Dawid-Skene takes people's errors as independent of each other, but hard
items mislead many at once. Chosen on textual entailment (Snow and others 2008): with 2, 3, 5, and 10 votes an item the
true labels are likelier under this power than under 1, by .02 to .08 nats."""


@dataclass(frozen=True, slots=True)
class People:
    """``probs_NK`` f32[N, K], rows sum to 1: the label, by the votes alone, every label being as likely before them.
    ``voted_N``: which items have votes; the rows of the others are uniform.
    ``counts_NK`` f32[N, K]: how many votes each label has.

    Where people voted, the votes take the place of the given label as evidence: it was made from them, or it is one of
    them, and must not count twice.
    """

    probs_NK: F32
    counts_NK: F32

    @classmethod
    def of(cls, label_probs_NK: F32, class_shares_K: F64, counts_NK: F32) -> People:
        """From what Dawid-Skene found in the votes, and their counts."""
        likelihood_NK = (label_probs_NK / class_shares_K) ** WEIGHT
        likelihood_NK[counts_NK.sum(axis=1) == 0] = 1
        likelihood_NK = np.maximum(likelihood_NK, np.finfo(np.float32).tiny)
        return cls((likelihood_NK / likelihood_NK.sum(axis=1, keepdims=True)).astype(np.float32), counts_NK)

    @property
    def voted_N(self) -> Bool:
        return np.asarray(self.counts_NK.sum(axis=1) > 0)

    def logs(self, rows: Int, cand_nC: Int) -> F64:
        """log p(votes | label) of these items' candidates, f64[n, C], up to a constant of each row."""
        found_nC = self.probs_NK[rows[:, None], np.maximum(cand_nC, 0)].astype(np.float64)
        return np.log(np.maximum(found_nC, least_probability(self.probs_NK.shape[1])))

    def quality(self, given_N: Int) -> F32:
        """f32[N], low = bad: how likely the votes make each given label."""
        return self.probs_NK[np.arange(len(given_N)), np.where(given_N == ABSENT, 0, given_N)]
