"""Whether two texts, or two images, are nearly the same: one is the other but for a few words, signs or pixels."""

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
"""Characters that are compared together: so that the order of words and letters counts."""
READ = 2000
"""Characters of a text that are compared: more than an embedder reads."""
ALIKE, SHORT, SHORT_ALIKE = 0.8, 100, 0.9
"""Share of the shorter text's shingles that are in the longer one, from which on they are near copies. In a text of
fewer than SHORT shingles one word says more. Of near copies of news .89 at least are shared."""
LONGER = 2.0
"""A near copy is at most so many times as long: a sentence may be added, but "yes" is no copy of "yes, but no"."""
PAIRS, TEXTS = 1 << 13, 1 << 10
"""Pairs that are compared, and texts that are taken apart, at once."""
GRID = 16
"""Pixels on each side of the small pictures by which images are compared."""
CORRELATED = 0.995
"""Correlation of small pictures from which on images are near copies. Another format, size or light, or a little noise,
leaves so much of nearly every photograph; between neighbors among photographs nothing comes near it, and of 8,980 pairs
of handwritten digits 2 reach it."""


def alike_texts(read: Callable[[Int], Sequence[str]], left: Int, right: Int) -> Bool:
    """bool[P]: which pairs of texts, given by their rows, are near copies. Case, signs and spaces do not count.

    ``read`` gives the texts of rows."""

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
    format, quality or light. One that cannot be read is a copy of none. ``read`` gives the images of rows."""

    def compare(rows: Int, left_B: Int, right_B: Int) -> Bool:
        small_RP = unit_rows(np.stack([_small(image) for image in read(rows)]))
        alike: Bool = np.einsum("bp,bp->b", small_RP[left_B], small_RP[right_B]) >= CORRELATED
        return alike

    return _by_blocks(compare, left, right)


def _by_blocks(compare: Callable[[Int, Int, Int], Bool], left: Int, right: Int) -> Bool:
    """``compare`` gets the rows of some pairs, each once, and the pairs by their places among these."""
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
    """Words alone, in small letters; a text of signs alone as it is."""
    read = text[:READ].casefold()
    return " ".join(WORD.findall(read)) or read
