"""The detectors by name, so that a run can fan out over those that can work with what is at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from errata.errors import DataError
from errata.tools.detectors import confident_learning, discriminant, neighbors
from errata.tools.detectors.neighbors import Neighbors
from errata.types import F32, Int, Scores


@dataclass(frozen=True)
class DetectorInput:
    """What detectors look at: labeled items only. ``labels_N`` in 0..K-1; the other arrays where they are at hand."""

    labels_N: Int
    num_classes: int
    embeddings_ND: F32 | None = None
    probs_NK: F32 | None = None

    def embeddings(self) -> F32:
        """The embeddings. Raises DataError where there are none."""
        if self.embeddings_ND is None:
            raise DataError("This detector needs embeddings: give them (--embeddings), or let errata compute features.")
        return self.embeddings_ND

    @cached_property
    def near(self) -> Neighbors:
        """The nearest neighbors among the embeddings, searched for once."""
        return neighbors.neighbors(self.embeddings())

    def probabilities(self) -> F32:
        """The probabilities. Raises DataError where there are none."""
        if self.probs_NK is None:
            raise DataError(
                "This detector needs out-of-sample probabilities: give them (--probs), or let the probe run."
            )
        return self.probs_NK


def _confident_learning(given: DetectorInput) -> Scores:
    return confident_learning.detect(given.labels_N, given.probabilities())


def _neighbors(given: DetectorInput) -> Scores:
    return neighbors.detect(given.near, given.labels_N, given.num_classes)


def _discriminant(given: DetectorInput) -> Scores:
    return discriminant.detect(given.embeddings(), given.labels_N, given.num_classes)


DETECTORS: Mapping[str, Callable[[DetectorInput], Scores]] = {
    "confident_learning": _confident_learning,
    "neighbors": _neighbors,
    "discriminant": _discriminant,
}


def runnable(*, embeddings: bool, probs: bool) -> list[str]:
    """The names of the detectors that can run on what is at hand."""
    return [name for name in DETECTORS if (probs if name == "confident_learning" else embeddings)]
