"""Pairs of an image and a text: whether the text describes the image.

The pair is compared with others: images similar to this one should have similar texts, and the reverse (LEMoN: Zhang et
al. 2025). That needs no shared space; if there is one, such as CLIP's, its cosine is a third witness.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.tools.detectors.arrays.checks import vectors
from errata.tools.detectors.neighbors.neighbors import Neighbors, neighbors
from errata.tools.detectors.probs import discriminant
from errata.tools.detectors.tasks.fusion import view_agreement
from errata.tools.features.embedder import unit_rows
from errata.types import F32, Int, Scores

NEIGHBORS = 30
"""LEMoN's default, and the best of 5, 10, 30, and 100 on planted swaps."""
SHARPNESS = 20.0
"""How fast a neighbor's weight falls with its distance (LEMoN's tau 1): to a half at .035 beyond the nearest one.
Chosen on planted swaps among 0 to 80."""
LEVELS = 8


def detect(images_ND: ArrayLike, texts_NE: ArrayLike, cosine_N: ArrayLike | None = None) -> Scores:
    """Scores of pairs: ``quality`` is how well the text fits the image, 1 minus half the mean distance.

    The distances: of the text to those of similar images, of the image to those of similar texts, and, if both are in
    one space, of image and text, by their ``cosine_N``. LEMoN weighs them by labeled pairs; without any they count the
    same. It also discounts a neighbor whose own sides do not fit: on planted swaps this gained .000 to .004 of average
    precision, and is omitted. ``flag``: the lowest, as many as do not fit (see ``misfitting``). Equal images with
    several texts are each other's best witnesses. Raises DataError for invalid arrays.
    """
    distance, count = distances(images_ND, texts_NE), len(np.asarray(images_ND))
    own_N = np.arange(count)
    distance_N = distance(own_N)
    wrong = misfitting(distance_N, distance(np.random.default_rng(0).permutation(own_N)))
    mean_N = distance_N / 2 if cosine_N is None else (distance_N + 2 * misfits(cosine_N, count)) / 3
    quality_N: F32 = np.clip(1 - mean_N / 2, 0, 1).astype(np.float32)
    flag_N = np.zeros(len(quality_N), np.bool_)
    flag_N[np.argsort(quality_N, kind="stable")[:wrong]] = True
    return Scores(quality_N, flag_N)


def distances(images_ND: ArrayLike, texts_NE: ArrayLike) -> Callable[[Int], F32]:
    """f32[N] in [0, 4] of ``told_N``: how far each image and the text of pair ``told_N`` are from each other's
    neighbors, both ways. Raises DataError for invalid arrays."""
    images_ND, texts_NE = _pairs(images_ND, texts_NE)
    near_images, near_texts = neighbors(images_ND, NEIGHBORS), neighbors(texts_NE, NEIGHBORS)

    def distance(told_N: Int) -> F32:
        near_told = Neighbors(near_texts.indices_Nk[told_N], near_texts.similarities_Nk[told_N])
        to_texts_N = distance_to_neighbors(near_images, texts_NE, told_N)
        return to_texts_N + distance_to_neighbors(near_told, images_ND)

    return distance


def misfitting(distance_N: F32, by_chance_N: F32) -> int:
    """How many pairs do not fit: twice the number of those farther apart than the median of randomly drawn pairs.

    Storey 2002, "A direct approach to false discovery rates", with lambda 1/2 and random pairs for the null. If that is
    more than half of all, the vectors cannot tell: then it is 0. Two Gaussians (PC2: Duan et al. 2024) were as far
    apart on pairs that all fit as on planted swaps.
    """
    count = 2 * int(np.count_nonzero(distance_N > np.median(by_chance_N))) if len(by_chance_N) else 0
    return count if 2 * count <= len(distance_N) else 0


def distance_to_neighbors(near: Neighbors, others_ND: F32, told_N: Int | None = None) -> F32:
    """f32[N] in [0, 2]: how far an item's other side is from the other sides of its neighbors; 0 without neighbors.

    The nearer a neighbor, the more it counts. LEMoN sums these weights, so that an item without similar ones seems to
    fit; here they are divided by their sum. ``told_N``: items whose other side replaces the item's own; they do not
    count as neighbors themselves.
    """
    units_ND = unit_rows(others_ND)
    told_N = np.arange(len(units_ND)) if told_N is None else told_N
    told_ND = units_ND[told_N]
    distance_N, weight_N = np.zeros(len(units_ND), np.float32), np.zeros(len(units_ND), np.float32)
    for indices_N, similarities_N in zip(near.indices_Nk.T, near.similarities_Nk.T, strict=True):
        farther_N = near.similarities_Nk[:, 0] - similarities_N
        say_N = np.exp(-SHARPNESS * farther_N) * (indices_N != told_N)
        distance_N += say_N * (1 - np.einsum("nd,nd->n", told_ND, units_ND[indices_N]))
        weight_N += say_N
    distance_N /= np.maximum(weight_N, np.finfo(np.float32).tiny)
    return distance_N


def pseudo_classes(texts_NE: ArrayLike, count: int, seed: int = 0) -> Int:
    """i64[N]: the cluster of each text, at most ``count`` of them: classes for data without any (PC2)."""
    from sklearn.cluster import KMeans

    texts = unit_rows(vectors(texts_NE, len(np.asarray(texts_NE))))
    distinct = len(np.unique(texts, axis=0))
    clusters: Int = KMeans(min(count, distinct), n_init=5, random_state=seed).fit_predict(texts).astype(np.int64)
    return clusters


def agreement(images_ND: ArrayLike, texts_NE: ArrayLike, classes_N: Int) -> F32:
    """f32[N] in [0, 1]: the probability that image and text, independently, name the same pseudo-class.

    Both sides' probabilities are leave-one-out. Raises DataError for invalid arrays.
    """
    images_ND, texts_NE = _pairs(images_ND, texts_NE)
    count = int(classes_N.max(initial=0)) + 1
    by_image_NK, by_text_NK = (discriminant.leave_one_out(side, classes_N, count) for side in (images_ND, texts_NE))
    return view_agreement(by_image_NK, by_text_NK)


def alignment_levels(cosine_N: ArrayLike) -> Int:
    """i64[N] in 0..7: eight bins of equal width between the least and the greatest cosine (NoC: Kang et al. 2023).

    A level is a stratum to inspect, not a cut. Raises DataError for NaN.
    """
    aligned_N = 1 - misfits(cosine_N, len(np.asarray(cosine_N)))
    return np.minimum((aligned_N * LEVELS).astype(np.int64), LEVELS - 1)


def misfits(cosine_N: ArrayLike, rows: int) -> F32:
    """f32[N]: 0 at the greatest cosine, 1 at the least. A model's cosines have no scale: CLIP's are within .1 to .4.

    Raises DataError unless there is one cosine in [-1, 1] for each pair.
    """
    fits_N = np.asarray(cosine_N, np.float32)
    if fits_N.shape != (rows,) or not (np.abs(fits_N) <= 1 + 1e-3).all():
        raise DataError(f"Cosines must be {rows} numbers in [-1, 1], one for each pair, got shape {fits_N.shape}.")
    below_N: F32 = fits_N.max(initial=-1) - fits_N
    return below_N / max(float(below_N.max(initial=0)), float(np.finfo(np.float32).tiny))


def _pairs(images_ND: ArrayLike, texts_NE: ArrayLike) -> tuple[F32, F32]:
    count = len(np.asarray(images_ND))
    return vectors(images_ND, count), vectors(texts_NE, count)
