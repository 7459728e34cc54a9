"""Pairs: every row claims that its two parts fit, such as captions, titles and alt texts. No column says so.

With a column that does, the task is ``match``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from errata.errors import SetupError
from errata.tools.data.table import StoredLabel
from errata.tools.detectors.tasks.pair_fit import fits
from errata.tools.tasks.match import MATCH
from errata.tools.tasks.task import Column, Found, LabelOptions, Labels, Task, Vectors
from errata.types import Bool, Item, LabelSpace, sha_of

FIT, MISFIT = "fits", "does not fit"
NAMES = (FIT, MISFIT)


class ClaimCodec:
    """What no column holds: that the parts of a row fit."""

    def label(self, value: object) -> str:
        return FIT

    def stored(self, label: str | None) -> StoredLabel:
        return label


class Pair(Task):
    name = "pair"
    adds = "two parts that should fit, with or without a label that says so"
    asked_as: ClassVar[str] = "pair"
    detectors: ClassVar[tuple[str, ...]] = ("pair_fit",)
    own_scan: ClassVar[bool] = True
    needs_labels: ClassVar[bool] = False
    into: ClassVar[str] = "fit"
    says: ClassVar[str] = "beside pairs drawn at random, the scan says"

    def read(self, column: Column, options: LabelOptions) -> Labels:
        """Every row claims that it fits. ``column`` holds nothing."""
        return Labels((FIT,) * len(column.values), ClaimCodec(), LabelSpace(NAMES, task=self.name))

    def labeled(self) -> Task:
        return MATCH

    def check_parts(self, texts: Sequence[str], images: Sequence[str]) -> None:
        named = [*texts, *images]
        if len(named) != 2 or not texts:
            raise SetupError(
                f"A pair is two texts, or an image and a text, got {len(texts)} texts and {len(images)} images"
                f"{': ' * bool(named)}{', '.join(named)}. Name both with --text and --image; what else should be seen, "
                "with --context."
            )

    def asks(self, texts: Sequence[str], images: Sequence[str]) -> tuple[str, ...]:
        return ("image_text_pair",) if images else ("pair_fits",)

    def used(self, cells: Sequence[str | None], space: LabelSpace) -> set[str | None]:
        """Both labels, since a claim has only one."""
        return set(space.names)

    def made_wrong(self, item: Item, other: Item) -> tuple[Item, str] | None:
        """The item with the last part of the other one; None if they have a part in common."""
        if {part[1:] for part in item.parts} & {part[1:] for part in other.parts}:
            return None
        last = max(n for n, part in enumerate(item.parts) if not part.context)
        taken = next((part for part in other.parts if part.name == item.parts[last].name), None)
        if taken is None:
            return None
        parts = (*item.parts[:last], taken, *item.parts[last + 1 :])
        return replace(item, parts=parts, content_sha=sha_of([item.content_sha, other.content_sha])), MISFIT

    def scan(self, vectors: Vectors, cells: Sequence[str | None], readable_N: Bool) -> Found:
        """SetupError if the features are not those of each part."""
        from errata.tools.features.shared_space import in_one_space  # only a scan needs encoders

        if len(vectors.parts) != 2:
            raise SetupError(
                "Pairs are told by the features of each part. Leave --embeddings out, or give p(fits) with --probs."
            )
        one, other = vectors.parts
        rows = np.flatnonzero(readable_N)
        shared = in_one_space(one, other)
        compared = None if shared is None else (shared[0][rows], shared[1][rows])
        fits_N = np.full(len(cells), 0.5, np.float32)
        fits_N[rows] = fits(one.all_ND[rows], other.all_ND[rows], compared)
        return Found((), np.stack([fits_N, 1 - fits_N], axis=1))


TASK = Pair()
