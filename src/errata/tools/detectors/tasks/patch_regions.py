"""Which parts of an image show which label: several labels with their locations, from the image's patch vectors.

The map of labels over an image is that of ReLabel (Yun et al. 2021), from a frozen image-text model: the cosines of P
patch vectors with K class texts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.tools.detectors.arrays.checks import labeled, vectors
from errata.tools.features.embedder import unit_rows
from errata.types import F32, F64, Scores

TEMPERATURE = 0.01
"""CLIP's own: its cosines are multiplied by 100 before the softmax."""
SURE = 0.5
SMALLEST_AREA = 0.02
"""A region with a smaller share of the patches counts as chance."""
MOVING_TEMPERATURE = 0.05
"""Entropy of the transport: the lower, the more each patch goes to a single label."""
STEPS = 200


class PatchRegion(NamedTuple):
    """A connected part of an image that shows one label: its maximum probability, its share of the image's patches, and
    its box (top, left, bottom, right) as shares of the image's height and width."""

    label: int
    probability: float
    area: float
    box: tuple[float, float, float, float]


def detect(patches_NPD: ArrayLike, classes_KD: ArrayLike, labels_N: ArrayLike, grid: tuple[int, int]) -> Scores:
    """Scores of N labeled images: ``quality`` is the given label's greatest probability in any patch.

    ``label_probs`` f32[N, K]: the share of the image that each label takes. ``flag``: the given label has no region,
    but some other has. ``grid``: rows and columns of patches. Raises DataError for invalid arrays.
    """
    patches_NPD, classes = np.asarray(patches_NPD), _class_vectors(classes_KD)
    labels = labeled(labels_N, len(classes))
    if patches_NPD.ndim != 3 or len(patches_NPD) != len(labels):
        raise DataError(f"Patches must have shape ({len(labels)}, patches, width), got {patches_NPD.shape}.")
    quality_N, flag_N = np.empty(len(labels), np.float32), np.empty(len(labels), np.bool_)
    shares_NK = np.empty((len(labels), len(classes)), np.float32)
    for image, (patches_PD, label) in enumerate(zip(patches_NPD, labels, strict=True)):
        probs_PK = label_map(patches_PD, classes)
        found = {region.label for region in patch_regions(probs_PK, grid)}
        quality_N[image], shares_NK[image] = probs_PK[:, label].max(), probs_PK.mean(axis=0)
        flag_N[image] = bool(found) and int(label) not in found
    return Scores(quality_N, flag_N, shares_NK)


def label_map(patches_PD: ArrayLike, classes_KD: ArrayLike) -> F32:
    """f32[P, K], rows sum to 1: what each patch shows. Raises DataError for invalid arrays."""
    logits_PK = cosines(patches_PD, classes_KD) / TEMPERATURE
    probs_PK: F32 = np.exp(logits_PK - logits_PK.max(axis=1, keepdims=True))
    probs_PK /= probs_PK.sum(axis=1, keepdims=True)
    return probs_PK


def patch_regions(probs_PK: F32, grid: tuple[int, int]) -> list[PatchRegion]:
    """The labels that an image shows, largest region first: edge-connected patches with a sure label.

    These are the candidates of an image with several labels. Raises DataError if the grid does not have P patches.
    """
    from scipy import ndimage

    height, width = grid
    if height * width != len(probs_PK):
        raise DataError(f"A grid of {height} x {width} has {height * width} patches, got {len(probs_PK)}.")
    found = []
    for label in np.flatnonzero(probs_PK.max(axis=0) > SURE):
        probs_HW = probs_PK[:, label].reshape(grid)
        parts_HW, _ = ndimage.label(probs_HW > SURE)
        for part, place in enumerate(ndimage.find_objects(parts_HW), start=1):
            inside_HW = parts_HW == part
            area = float(inside_HW.mean())
            if area >= SMALLEST_AREA:
                found.append(PatchRegion(int(label), float(probs_HW[inside_HW].max()), area, _box(place, grid)))
    return sorted(found, key=lambda region: -region.area)


def transport(patches_PD: ArrayLike, classes_KD: ArrayLike, weights_K: ArrayLike | None = None) -> F32:
    """f32[P, K]: the cheapest plan that moves all patches to the labels: row sums 1/P, column sums the labels' weights.

    Cost is 1 - cosine, as in PatchCT (Li et al. 2023); the plan is Sinkhorn's, smoothed by its entropy (Cuturi 2013).
    ``classes_KD``: the labels that the image is marked with; without ``weights_K`` each must take the same share, so
    that an absent label is exposed by its low support. Raises DataError for invalid arrays.
    """
    from scipy.special import logsumexp

    gain_PK = cosines(patches_PD, classes_KD).astype(np.float64) / MOVING_TEMPERATURE
    patches, classes = gain_PK.shape
    log_weights_K = np.log(_weights(weights_K, classes))
    to_K: F64 = np.zeros(classes)
    for _ in range(STEPS):
        from_P = -np.log(patches) - logsumexp(gain_PK + to_K, axis=1)
        to_K = log_weights_K - logsumexp(gain_PK + from_P[:, None], axis=0)
    plan_PK: F32 = np.exp(gain_PK + from_P[:, None] + to_K).astype(np.float32)
    return plan_PK


def support(plan_PK: F32, patches_PD: ArrayLike, classes_KD: ArrayLike) -> F32:
    """f32[K]: the mean cosine of each label with the patches that the plan assigns to it; low: nothing shows it."""
    support_K: F32 = (plan_PK * cosines(patches_PD, classes_KD)).sum(axis=0) / plan_PK.sum(axis=0)
    return support_K


def cosines(patches_PD: ArrayLike, classes_KD: ArrayLike) -> F32:
    """f32[P, K] in [-1, 1]. Raises DataError for invalid arrays."""
    classes = _class_vectors(classes_KD)
    patches = vectors(patches_PD, len(np.asarray(patches_PD)))
    if not len(patches) or patches.shape[1] != classes.shape[1]:
        raise DataError(f"Patches must have shape (1 or more, {classes.shape[1]}), got {patches.shape}.")
    return unit_rows(patches) @ unit_rows(classes).T


def _class_vectors(classes_KD: ArrayLike) -> F32:
    classes = vectors(classes_KD, len(np.asarray(classes_KD)))
    if not len(classes):
        raise DataError("There must be at least one class, got none.")
    return classes


def _weights(weights_K: ArrayLike | None, classes: int) -> F64:
    weights = np.full(classes, 1 / classes) if weights_K is None else np.asarray(weights_K, np.float64)
    if weights.shape != (classes,) or not (weights > 0).all() or abs(weights.sum() - 1) > 1e-3:
        raise DataError(f"Weights must be {classes} numbers above 0 that sum to 1, got {weights.tolist()[:8]}.")
    return weights


def _box(place: tuple[slice, ...], grid: tuple[int, int]) -> tuple[float, float, float, float]:
    (height, width), (down, across) = grid, place
    return down.start / height, across.start / width, down.stop / height, across.stop / width
