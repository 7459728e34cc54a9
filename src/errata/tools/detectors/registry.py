"""The detectors by name: errata's own, and those that other packages bring (entry points of ``errata.detectors``)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from errata.errors import SetupError
from errata.tools.detectors.confident import confident_learning
from errata.tools.detectors.detector import Detector
from errata.tools.detectors.neighbors import duplicates, neighbors, propagation
from errata.tools.detectors.optional import (
    class_gaussians,
    credibility,
    dynamics,
    imprecise,
    neighbor_rank,
    open_set,
    prototypes,
)
from errata.tools.detectors.probs import discriminant, ridge

GROUP = "errata.detectors"

OWN = (
    Detector(
        "confident_learning",
        "out-of-sample probabilities say which labels the rest of the data contradicts",
        ("probs",),
        lambda given: confident_learning.detect(given.labels_N, given.probabilities()),
        default=True,
    ),
    Detector(
        "neighbors",
        "items that look alike should be labeled alike",
        ("embeddings",),
        lambda given: neighbors.detect(given.near, given.labels_N, given.num_classes),
        default=True,
        in_ensemble=True,
    ),
    Detector(
        "duplicates",
        "the same content should not have two labels",
        ("content",),
        lambda given: duplicates.detect(
            duplicates.find_groups(given.contents(), given.found_near), given.labels_N, given.num_classes
        ),
        default=True,
    ),
    Detector(
        "discriminant",
        "each class has a spread of its own, and says what does not belong to it",
        ("embeddings",),
        lambda given: discriminant.detect(given.embeddings(), given.labels_N, given.num_classes),
        in_ensemble=True,
    ),
    Detector(
        "ridge",
        "a line between each class and the rest, drawn without the item",
        ("embeddings",),
        lambda given: ridge.detect(given.embeddings(), given.labels_N, given.num_classes),
    ),
    Detector(
        "neighbor_rank",
        "the worst-supported items of each class, as many as the noise channel says",
        ("embeddings",),
        lambda given: neighbor_rank.detect(given.near, given.labels_N, given.num_classes),
    ),
    Detector(
        "credibility",
        "whether neighbors give the label more often than its share makes likely",
        ("embeddings",),
        lambda given: credibility.detect(given.near, given.labels_N, given.num_classes),
    ),
    Detector(
        "propagation",
        "labels that reach an item through the graph of neighbors",
        ("embeddings",),
        lambda given: propagation.detect(given.near, given.labels_N, given.num_classes),
    ),
    Detector(
        "prototypes",
        "a clean and a noisy part of each class, by how close its items are to its prototype",
        ("embeddings",),
        lambda given: prototypes.detect(given.embeddings(), given.labels_N, given.num_classes),
    ),
    Detector(
        "class_gaussians",
        "robust Gaussians; small classes borrow the spread of large ones like them",
        ("embeddings",),
        lambda given: class_gaussians.detect(given.embeddings(), given.labels_N, given.num_classes),
    ),
    Detector(
        "dynamics",
        "what a probe learns late, and forgets",
        ("embeddings",),
        lambda given: dynamics.detect(given.embeddings(), given.labels_N, given.num_classes),
    ),
    Detector(
        "imprecise",
        "the labels that an expectation maximization settles on",
        ("embeddings",),
        lambda given: imprecise.detect(given.embeddings(), given.labels_N, given.num_classes),
    ),
    Detector(
        "open_set",
        "items that belong to no class",
        ("embeddings", "probs"),
        lambda given: open_set.detect(given.embeddings(), given.labels_N, given.probabilities(), given.near),
    ),
)
"""In the order in which they run. Those off by default add nothing to the default ones on the sets of evals/ablation
(docs/methods.md), or find something else than wrong labels."""


@cache
def detectors() -> Mapping[str, Detector]:
    """All that are installed, by name, errata's own first. Raises SetupError for a package whose detector is none, or
    has a name that is taken."""
    found = {detector.name: detector for detector in OWN}
    for entry in entry_points(group=GROUP):
        detector = _load(entry)
        if detector.name in found:
            raise SetupError(f"{_source(entry)} brings a detector {detector.name!r}, but there is one of that name.")
        found[detector.name] = detector
    return MappingProxyType(found)


def _load(entry: EntryPoint) -> Detector:
    try:
        detector = entry.load()
    except Exception as error:  # someone else's code: whatever it raises, the package is named
        raise SetupError(f"{_source(entry)} cannot be loaded: {type(error).__name__}: {error}. Uninstall it.") from None
    if not isinstance(detector, Detector):
        raise SetupError(f"{_source(entry)} is no errata.tools.detectors.Detector but a {type(detector).__name__}.")
    return detector


def _source(entry: EntryPoint) -> str:
    package = f" of {entry.dist.name}" if entry.dist is not None else ""
    return f"The entry point {entry.name} = {entry.value}{package}"
