"""Probabilities of labels as an array of a run: all of them, or a record with the likeliest labels of each item."""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.arrays.top_probs import TopProbs
from errata.tools.store.arrays import Arrays
from errata.types import LabelProbs


def save_kept(arrays: Arrays, name: str, probs_NK: LabelProbs) -> None:
    """Raises what ``Arrays.save`` raises."""
    if not isinstance(probs_NK, TopProbs):
        arrays.save(name, np.asarray(probs_NK))
        return
    items, kept = probs_NK.ids_NM.shape
    fields = np.dtype([("ids", np.int32, (kept,)), ("probs", np.float32, (kept,)), ("each", np.float32)])
    records_N = np.empty(items, fields)
    records_N["ids"], records_N["probs"], records_N["each"] = probs_NK.ids_NM, probs_NK.probs_NM, probs_NK.each_N
    arrays.save(name, records_N)


def load_kept(arrays: Arrays, name: str, classes: int) -> LabelProbs:
    """What was saved, memory-mapped. Raises what ``Arrays.load`` raises."""
    loaded = arrays.load(name)
    if loaded.dtype.names is None:
        return loaded
    return TopProbs(loaded["ids"], loaded["probs"], loaded["each"], classes)
