"""Items grouped by class."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from errata.types import Int


class ByClass(NamedTuple):
    """Items sorted by class: those given class a are ``items[starts[a] : starts[a + 1]]``."""

    items: Int
    starts: Int

    def members(self, a: int) -> Int:
        """The items given class ``a``."""
        return self.items[self.starts[a] : self.starts[a + 1]]


def by_class(labels_N: Int, num_classes: int, items: Int | None = None) -> ByClass:
    """All items, or ``items``, sorted by class; stable within a class."""
    # numpy sorts 8- and 16-bit numbers by counting.
    labels_n = (labels_N if items is None else labels_N[items]).astype(np.min_scalar_type(num_classes))
    order = np.argsort(labels_n, kind="stable")
    starts = np.concatenate([[0], np.bincount(labels_n, minlength=num_classes).cumsum()])
    return ByClass(order if items is None else items[order], starts)
