"""Whether two texts, or two images, are nearly the same: equal except for a few words, signs, or pixels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from errata.errors import DataError
from errata.tools.data.images import load_image
from errata.tools.features.embedder import unit_rows
from errata.types import F32, Bool, Int

if TYPE_CHECKING:
    from scipy.sparse import csr_array

WORD = re.compile(r"\w+")
SHINGLE = 4
"""Characters that are compared together, so that the order of words and letters counts."""
READ = 2000
"""How many characters of a text are compared: more than an embedder reads."""
ALIKE, SHORT, SHORT_ALIKE = 0.8, 100, 0.9
"""At or above this share of the shorter text's shingles in the longer one, they are near copies. In a text of fewer
than SHORT shingles one word matters more. Near copies of news share at least .89."""
LONGER = 2.0
"""A near copy is at most this many times as long: a sentence may be added, but "yes" is not a copy of "yes, but no"."""
PAIRS, TEXTS = 1 << 13, 1 << 10
"""Pairs compared, and texts split into shingles, at once."""
GRID = 16
"""Side length in pixels of the small pictures used to compare images."""
CORRELATED = 0.995
"""Correlation of small pictures at or above which images are near copies. Another format, size, or brightness, or a
little noise, leaves that much of nearly every photograph; neighbors among photographs come nowhere near it, and of
8,980 pairs of handwritten digits 2 reach it."""


def alike_texts(read: Callable[[Int], Sequence[str]], left: Int, right: Int) -> Bool:
    """bool[P]: which pairs of texts, given by their rows, are near copies. Case, signs, and spaces do not count.

    ``read`` returns the texts of rows."""

    def compare(rows: Int, left_B: Int, right_B: Int) -> Bool:
        shingles = _shingles(read(rows))
        sizes = np.diff(shingles.indptr)
        shared = shingles[left_B].multiply(shingles[right_B]).sum(axis=1)
        fewer, more = np.minimum(sizes[left_B], sizes[right_B]), np.maximum(sizes[left_B], sizes[right_B])
        least = np.where(fewer < SHORT, SHORT_ALIKE, ALIKE) * fewer
        alike: Bool = (shared >= least) & (more <= LONGER * fewer)
        return alike

    return _by_blocks(compare, left, right)


def alike_images(read: Callable[[Int], Iterable[bytes]], left: Int, right: Int) -> Bool:
    """bool[P]: which pairs of encoded images, given by their rows, are near copies: the same picture in another size,
    format, quality, or brightness. An unreadable image is a copy of none. ``read`` returns the images of rows."""

    def compare(rows: Int, left_B: Int, right_B: Int) -> Bool:
        small_RP = unit_rows(np.stack([_small(image) for image in read(rows)]))
        alike: Bool = np.einsum("bp,bp->b", small_RP[left_B], small_RP[right_B]) >= CORRELATED
        return alike

    return _by_blocks(compare, left, right)


def _by_blocks(compare: Callable[[Int, Int, Int], Bool], left: Int, right: Int) -> Bool:
    """``compare`` gets the rows of some pairs, each once, and the pairs as indices into these rows."""
    alike_P = np.zeros(len(left), np.bool_)
    for start in range(0, len(left), PAIRS):
        block = slice(start, start + PAIRS)
        rows, places = np.unique(np.stack([left[block], right[block]]), return_inverse=True)
        alike_P[block] = compare(rows, *places.reshape(2, -1))
    return alike_P


def _small(image: bytes) -> F32:
    """f32[GRID * GRID * 3], of mean 0."""
    try:
        pixels: F32 = np.asarray(load_image(image).resize((GRID, GRID)), np.float32).ravel()
    except DataError:
        return np.zeros(GRID * GRID * 3, np.float32)
    pixels -= pixels.mean()
    return pixels


def _shingles(texts: Sequence[str]) -> csr_array:
    """csr [N, hashes] of ones: the different shingles of each text."""
    from scipy.sparse import vstack

    found: csr_array = vstack([_block(texts[start : start + TEXTS]) for start in range(0, len(texts), TEXTS)], "csr")
    return found


def _block(texts: Sequence[str]) -> csr_array:
    from scipy.sparse import csr_array

    plain = [f" {_plain(text)}  " for text in texts]
    codes = np.frombuffer("".join(plain).encode("utf-32-le", "replace"), np.uint32)
    text_of = np.repeat(np.arange(len(plain)), [len(text) for text in plain])
    places = len(codes) - SHINGLE + 1
    hashes = np.zeros(places, np.uint64)
    for at in range(SHINGLE):
        hashes += codes[at : at + places]
        hashes *= np.uint64(0x9E3779B97F4A7C15)  # an odd number whose bits look random (Knuth's golden ratio)
        hashes ^= hashes >> np.uint64(32)
    whole = text_of[:places] == text_of[SHINGLE - 1 :]
    columns = (hashes[whole] >> np.uint64(34)).astype(np.int32)
    found = csr_array((np.ones(len(columns), np.int32), (text_of[:places][whole], columns)), (len(plain), 1 << 30))
    found.data[:] = 1
    return found


def _plain(text: str) -> str:
    """Words only, in lowercase; a text without words is unchanged."""
    read = text[:READ].casefold()
    return " ".join(WORD.findall(read)) or read
