"""Two parts in one space, where something puts them there, so that they can be compared directly."""

from __future__ import annotations

from itertools import product

from errata.tools.features.efficientnet import EfficientNet
from errata.tools.features.minilm_int8 import MiniLMInt8
from errata.tools.features.part_vectors import PartVectors, Seen
from errata.tools.features.seen_classes import in_space_of
from errata.tools.features.sentence_model import SentenceModel
from errata.types import F32

OF_TEXTS = (MiniLMInt8, SentenceModel)
"""Encoders of texts whose meaning, not whose words, makes them alike."""


def in_one_space(one: PartVectors, other: PartVectors) -> tuple[F32, F32] | None:
    """f32[N, E] of each part, rows of length 1; None if nothing compares them.

    Two parts seen by the same encoder are in its space; images that EfficientNet saw come into that of texts.
    """
    for left, right in product(one.seen, other.seen):
        if (
            left.embedder.name == right.embedder.name
            and left.embedder.per_item
            and left.embedder.strength == "semantic"
        ):
            return left.vectors_ND, right.vectors_ND
    for left, right in product(one.seen, other.seen):
        if (moved := _of_images(left, right)) is not None:
            return moved, right.vectors_ND
        if (moved := _of_images(right, left)) is not None:
            return left.vectors_ND, moved
    return None


def _of_images(images: Seen, texts: Seen) -> F32 | None:
    if isinstance(images.embedder, EfficientNet) and isinstance(texts.embedder, OF_TEXTS):
        return in_space_of(texts.embedder, images.vectors_ND)
    return None
