"""Cells of given and likely label as units of review: what one decision about a whole cell settles.

Sharp digits, flagged by the default. All items of a cell go to its likely label; the ten fullest cells are decided.
"""

from __future__ import annotations

import numpy as np

from errata.tools.detectors.confident import confident_learning
from errata.tools.detectors.optional.confusion_cells import confusion_cells
from evals.ablation.part import Figures, default_probs
from evals.data.planted_noise import flipped

DECISIONS = 10


def measure(seed: int) -> Figures:
    found = {}
    for name, planted in flipped(seed, ["digits"]):
        probs_NK = default_probs(planted)
        flag_N = confident_learning.detect(planted.labels_N, probs_NK).flag
        cells = confusion_cells(planted.labels_N, flag_N, probs_NK.argmax(axis=1))[:DECISIONS]
        items = np.concatenate([cell.items_n for cell in cells])
        likely = np.repeat([cell.likely for cell in cells], [len(cell.items_n) for cell in cells])
        found[name] = {
            "flagged": float(flag_N.sum()),
            "decided": float(len(items)),
            "right": float((planted.truth_N[items] == likely).sum()),
            "broken": float((~planted.wrong_N[items]).sum()),
        }
    return found


def said(found: Figures) -> dict[str, str]:
    each = (
        f"{of['decided']:.0f} of {of['flagged']:.0f} flagged items, {of['right']:.0f} of them rightly and "
        f"{of['broken']:.0f} broken ({name.partition(', ')[2]} flips)"
        for name, of in found.items()
    )
    return {"cells": f"{DECISIONS} decisions about whole cells settle {'; '.join(each)} [ablation]"}
