"""Votes: who gave which label to which item.

Stored as triples, since most annotators see few of the items: 100,000 items with 5 votes each by 5,000 annotators take
12 MB, and 4 GB as a table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.types import F32, Int

NONE = -1
"""In a table of votes: this annotator did not label this item."""


@dataclass(frozen=True, slots=True)
class Votes:
    """V votes on N items by M annotators over K classes: ``item_V``, ``annotator_V`` and ``label_V`` count from 0.

    An annotator's votes are in chronological order. Items without a vote and annotators without one are fine; a
    repeated vote counts each time.
    """

    item_V: Int
    annotator_V: Int
    label_V: Int
    num_items: int
    num_annotators: int
    num_classes: int

    @classmethod
    def from_triples(
        cls,
        item_V: ArrayLike,
        annotator_V: ArrayLike,
        label_V: ArrayLike,
        *,
        num_items: int,
        num_annotators: int,
        num_classes: int,
    ) -> Votes:
        """Raises DataError unless there is a vote, and each names one of the items, annotators, and classes."""
        items = _numbers("item", item_V, num_items)
        annotators = _numbers("annotator", annotator_V, num_annotators)
        labels = _numbers("label", label_V, num_classes)
        if not len(items) == len(annotators) == len(labels):
            raise DataError(
                f"Each vote is an item, an annotator and a label, got {len(items)}, {len(annotators)}, {len(labels)}."
            )
        if not len(items):
            raise DataError("There is no vote: give at least one label by one annotator.")
        return cls(items, annotators, labels, num_items, num_annotators, num_classes)

    @classmethod
    def from_table(cls, votes_NM: ArrayLike, num_classes: int) -> Votes:
        """Votes from int[N, M], -1 if an annotator did not label an item; rows are taken as chronological.

        Raises DataError for another shape or type, and for a label outside the classes.
        """
        votes = np.asarray(votes_NM)
        if votes.ndim != 2 or votes.dtype.kind not in "iu":
            raise DataError(
                f"Votes must be integers, items x annotators, {NONE} for none, got {votes.shape} of {votes.dtype}."
            )
        item_V, annotator_V = np.nonzero(votes != NONE)
        return cls.from_triples(
            item_V,
            annotator_V,
            votes[item_V, annotator_V],
            num_items=votes.shape[0],
            num_annotators=votes.shape[1],
            num_classes=num_classes,
        )

    @property
    def per_item_N(self) -> Int:
        """How many votes each item has."""
        return np.bincount(self.item_V, minlength=self.num_items)

    @property
    def per_annotator_M(self) -> Int:
        """How many votes each annotator gave."""
        return np.bincount(self.annotator_V, minlength=self.num_annotators)

    def counts(self) -> F32:
        """f32[N, K]: the votes for each class."""
        counts_NK = np.zeros((self.num_items, self.num_classes), np.float32)
        np.add.at(counts_NK, (self.item_V, self.label_V), 1)
        return counts_NK


def _numbers(name: str, values_V: ArrayLike, size: int) -> Int:
    values = np.asarray(values_V)
    if values.ndim != 1 or values.dtype.kind not in "iu":
        raise DataError(f"Votes must have one integer {name} each, got shape {values.shape} of {values.dtype}.")
    outside = np.flatnonzero((values < 0) | (values >= size))
    if len(outside):
        vote = int(outside[0])
        raise DataError(
            f"Vote {vote} has {name} {values[vote]}, outside 0..{size - 1} ({len(outside)} such votes). "
            "Number them from 0, and leave out what is missing."
        )
    return values.astype(np.int64, copy=False)
