"""The contract of a detector: a name, what it needs, what it adds, and a function from arrays to Scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from errata.errors import DataError
from errata.tools.detectors.neighbors.copies import find_groups
from errata.tools.detectors.neighbors.neighbors import Neighbors, neighbors
from errata.types import F32, Int, LabelProbs, Scores

Need = Literal["embeddings", "probs", "content"]
"""What a detector uses besides the labels: vectors, out-of-sample probabilities, or content hashes."""


@dataclass(frozen=True)
class DetectorInput:
    """What detectors get: labeled items only. ``labels_N`` in 0..K-1; the rest if available."""

    labels_N: Int
    num_classes: int
    embeddings_ND: F32 | None = None
    probs_NK: LabelProbs | None = None
    content_shas: Sequence[str] | None = None
    found_near: Neighbors | None = None
    found_copies_N: Int | None = None

    def embeddings(self) -> F32:
        """f32[N, D]. Raises DataError if there are none."""
        if self.embeddings_ND is None:
            raise DataError("This detector needs embeddings: give them (--embeddings), or let errata compute features.")
        return self.embeddings_ND

    @cached_property
    def near(self) -> Neighbors:
        """The nearest neighbors among the embeddings, searched for at most once. In a run, copies among those of one
        item share the weight of one."""
        return self.found_near if self.found_near is not None else neighbors(self.embeddings())

    def probabilities(self) -> F32:
        """f32[N, K]. Raises DataError if there are none, or so many that only the likeliest are kept."""
        return np.asarray(self.label_probs())

    def label_probs(self) -> LabelProbs:
        """The same, read by rows: with very many labels, an array of all of them would not fit. Raises DataError if
        there are none."""
        if self.probs_NK is None:
            raise DataError(
                "This detector needs out-of-sample probabilities: give them (--probs), or let errata compute them."
            )
        return self.probs_NK

    def contents(self) -> Sequence[str]:
        """A hash of each item's content. Raises DataError if there are none."""
        if self.content_shas is None:
            raise DataError("This detector needs the hashes of the items' content, and was given none.")
        return self.content_shas

    def copies(self) -> Int:
        """i64[N]: the groups of copies, as returned by ``copies.find_groups``."""
        if self.found_copies_N is not None:
            return self.found_copies_N
        return find_groups(self.contents(), self.found_near)


@dataclass(frozen=True, slots=True)
class Detector:
    """``adds``: what it finds, in a few words for a plan. ``default``: whether it runs unless deselected.

    ``in_ensemble``: its view of the labels is already part of the ensemble's probabilities, and must not count twice.
    ``in_blocks``: it never holds N x K numbers, so it can run however many labels there are.
    Other packages offer one as an entry point of the group ``errata.detectors``.
    """

    name: str
    adds: str
    needs: tuple[Need, ...]
    detect: Callable[[DetectorInput], Scores]
    default: bool = False
    in_ensemble: bool = False
    in_blocks: bool = False

    def can_run(self, have: Sequence[Need]) -> bool:
        """Whether what it needs is available."""
        return set(self.needs) <= set(have)
