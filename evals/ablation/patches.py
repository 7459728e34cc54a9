"""Sheets of nine digits with two labels: what the patches tell that a whole sheet does not.

Class vectors are the mean pixels of one half of the digits, sheets are made from the other half; both minus the mean of
the first half. A whole sheet is the mean of its patches.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from errata.tools.detectors.tasks import patch_regions
from errata.tools.features.embedder import unit_rows
from errata.types import F32, Bool, Int
from evals.ablation.part import Figures, over_sets
from evals.data.planted_noise import FEATURES, FLIPPED, digits
from evals.ranking import ap, aps

SHEETS, GRID, SHOWN = 600, (3, 3), 2


class Sheets(NamedTuple):
    """Class vectors f32[K, D], the patches of each sheet f32[N, P, D], and the labels it shows bool[N, K].
    ``whole_NK``: cosine of each sheet as a whole with each class."""

    classes_KD: F32
    patches_NPD: F32
    shown_NK: Bool
    whole_NK: F32


def measure(seed: int) -> Figures:
    found = {}
    for name, blurred in FEATURES.items():
        rng = np.random.default_rng(seed)
        sheets = laid(*digits(blurred), rng)
        found[name] = one_label(sheets, rng) | two_labels(sheets) | three_marks(sheets, rng)
    return found


def laid(vectors_ND: F32, truth_N: Int, rng: np.random.Generator) -> Sheets:
    taught_N = rng.random(len(truth_N)) < 0.5
    centered_ND = vectors_ND - vectors_ND[taught_N].mean(axis=0)
    classes_KD = np.stack([centered_ND[taught_N & (truth_N == k)].mean(axis=0) for k in range(10)])
    left = [np.flatnonzero(~taught_N & (truth_N == k)) for k in range(10)]
    two = [rng.choice(10, SHOWN, replace=False) for _ in range(SHEETS)]
    labels_NP = np.stack([rng.permutation(np.resize(labels, GRID[0] * GRID[1])) for labels in two])
    patches_NPD = centered_ND[[[rng.choice(left[k]) for k in labels_P] for labels_P in labels_NP]]
    whole_NK = unit_rows(patches_NPD.mean(axis=1)) @ unit_rows(classes_KD).T
    return Sheets(classes_KD, patches_NPD, (labels_NP[:, :, None] == np.arange(10)).any(axis=1), whole_NK)


def one_label(sheets: Sheets, rng: np.random.Generator) -> dict[str, float]:
    """AP of the labels of sheets that do not show them."""
    wrong_N = rng.random(SHEETS) < FLIPPED
    labels_N = np.array(
        [rng.choice(np.flatnonzero(shown_K != wrong)) for shown_K, wrong in zip(sheets.shown_NK, wrong_N, strict=True)]
    )
    quality_N = patch_regions.detect(sheets.patches_NPD, sheets.classes_KD, labels_N, GRID).quality
    return aps(wrong_N, {"label_by_map": quality_N, "label_by_whole": sheets.whole_NK[np.arange(SHEETS), labels_N]})


def two_labels(sheets: Sheets) -> dict[str, float]:
    """The labels shown, among those with a region, and among the two nearest to the sheet as a whole."""
    found_NK = np.zeros_like(sheets.shown_NK)
    for found_K, patches_PD in zip(found_NK, sheets.patches_NPD, strict=True):
        found_K[
            [
                of.label
                for of in patch_regions.patch_regions(patch_regions.label_map(patches_PD, sheets.classes_KD), GRID)
            ]
        ] = True
    nearest_NK = sheets.whole_NK >= np.sort(sheets.whole_NK, axis=1)[:, -SHOWN, None]
    return {
        "regions_recall": float(found_NK[sheets.shown_NK].mean()),
        "regions_precision": float(sheets.shown_NK[found_NK].mean()),
        "nearest_right": float(sheets.shown_NK[nearest_NK].mean()),
    }


def three_marks(sheets: Sheets, rng: np.random.Generator) -> dict[str, float]:
    """AP of the one mark of three that a sheet does not show."""
    support, whole = [], []
    for patches_PD, shown_K, whole_K in zip(sheets.patches_NPD, sheets.shown_NK, sheets.whole_NK, strict=True):
        marks = np.append(np.flatnonzero(shown_K), rng.choice(np.flatnonzero(~shown_K)))
        marked_MD = sheets.classes_KD[marks]
        support.append(patch_regions.support(patch_regions.transport(patches_PD, marked_MD), patches_PD, marked_MD))
        whole.append(whole_K[marks])
    wrong_M = np.tile(np.arange(SHOWN + 1) == SHOWN, SHEETS)
    return {
        "mark_by_support": ap(wrong_M, np.concatenate(support)),
        "mark_by_whole": ap(wrong_M, np.concatenate(whole)),
    }


def said(found: Figures) -> dict[str, str]:
    return {
        "label_map": "sheets of nine digits, AP of labels that are not there "
        f"{over_sets(found, 'label_by_map')} (by a sheet as a whole: {over_sets(found, 'label_by_whole')}); of the two "
        f"labels of a sheet, regions find {over_sets(found, 'regions_recall')} at a precision of "
        f"{over_sets(found, 'regions_precision')} (the two nearest to the whole: {over_sets(found, 'nearest_right')}) "
        "[ablation]",
        "support": "sheets of nine digits with three marks, AP of the one that is not there "
        f"{over_sets(found, 'mark_by_support')} (by the sheet as a whole: {over_sets(found, 'mark_by_whole')}) "
        "[ablation]",
    }
