"""Plain features, for when no model is available: words for text; shape and color for images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from errata.tools.features.embedder import CountProgress, image_of, texts_of, unit_rows
from errata.tools.features.image_shape import CELLS, DIRECTIONS, colors, drawing, edge_directions
from errata.types import F32, Item

if TYPE_CHECKING:
    from PIL.Image import Image

TEXT_WIDTH = 256
MAX_SIDE = 256
WIDTH = CELLS * CELLS * DIRECTIONS + 64


class PlainText:
    """TF-IDF of words and word pairs, reduced by a truncated SVD fitted on all given items. ``because``: why it is used
    though nobody asked for it, to tell a person."""

    name = "plain text features (TF-IDF, SVD)"
    strength: Literal["semantic", "plain"] = "plain"
    per_item = False

    def __init__(self, because: str = "") -> None:
        self._because = because

    def remarks(self, items: Iterable[Item], count: int) -> tuple[str, ...]:
        return (self._because,) if self._because else ()

    def embed(self, items: Sequence[Item], progress: CountProgress | None = None) -> F32:
        """f32[n, at most 256], rows of length 1; zeros for a text without a word."""
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        texts = texts_of(items)
        vectorizer = TfidfVectorizer(
            sublinear_tf=True, strip_accents="unicode", ngram_range=(1, 2), max_features=50_000
        )
        if not any(map(vectorizer.build_analyzer(), texts)):
            return np.zeros((len(texts), 1), np.float32)
        words_NV = vectorizer.fit_transform(texts)
        width = min(TEXT_WIDTH, min(words_NV.shape) - 1)
        # If all texts are the same, the SVD's explained variance is 0 / 0; its vectors are fine.
        with np.errstate(invalid="ignore"):
            vectors_ND = TruncatedSVD(width, random_state=0).fit_transform(words_NV) if width else words_NV.toarray()
        if progress:
            progress(len(texts))
        return unit_rows(vectors_ND)


class PlainImage:
    """Edge directions in a 6 x 6 grid, and a color histogram. Captures looks, not meaning. ``because``: as of
    PlainText."""

    name = "plain image features (edges about the center, colors)"
    strength: Literal["semantic", "plain"] = "plain"
    per_item = True

    def __init__(self, because: str = "") -> None:
        self._because = because

    def remarks(self, items: Iterable[Item], count: int) -> tuple[str, ...]:
        return (self._because,) if self._because else ()

    def embed(self, items: Sequence[Item], progress: CountProgress | None = None) -> F32:
        """f32[n, 352], rows of length 1; zeros for an image of one gray. Raises DataError for an unreadable image."""
        vectors = np.zeros((len(items), WIDTH), np.float32)
        for row, item in enumerate(items):
            vectors[row] = _describe(image_of(item, MAX_SIDE))
            if progress and (row + 1) % 64 == 0:
                progress(row + 1)
        if progress:
            progress(len(items))
        return unit_rows(vectors)


def _describe(image: Image) -> F32:
    shape = unit_rows(edge_directions(drawing(np.asarray(image.convert("L"), np.float32)))[None])[0]
    return np.concatenate([shape, colors(np.asarray(image))])
