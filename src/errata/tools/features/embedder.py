"""The interface of every embedder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from errata.errors import DataError
from errata.types import F32, Item

if TYPE_CHECKING:
    from PIL.Image import Image

CountProgress = Callable[[int], None]
"""Called from time to time with how many items, or folds of the probe, are finished."""


class Embedder(Protocol):
    """Turns items into vectors that are close if the items are similar.

    ``name`` is printed and reported; another name means other vectors, so it carries a hash of the weights and a
    version of what is done before and after them. ``strength`` says whether the vectors capture meaning or only looks:
    with ``plain`` image features errata ranks, but proposes nothing without a judge. ``per_item`` is False if a vector
    depends on the whole corpus, so that it cannot be inherited from an earlier run item by item.
    """

    @property
    def strength(self) -> Literal["semantic", "plain"]: ...
    @property
    def per_item(self) -> bool: ...
    @property
    def name(self) -> str: ...

    def embed(self, items: Sequence[Item], progress: CountProgress | None = None) -> F32:
        """f32[n, D]: one row per item in the items' order, finite, of length 1 (or 0 if the item is featureless).

        Raises DataError, naming the item, if its content cannot be read.
        """
        ...


@runtime_checkable
class RemarksOnTexts(Protocol):
    """An embedder that can say what a person should know about it and these texts."""

    def remarks(self, items: Iterable[Item], count: int) -> tuple[str, ...]:
        """``count``: how many items there are. Each is read once, in order."""
        ...


def embed_readable(
    embedder: Embedder, items: Sequence[Item], progress: CountProgress | None = None
) -> tuple[dict[str, F32], dict[str, str]]:
    """Vectors by content hash, and by content hash why there is none: content that passed every cheap check can still
    fail when its pixels are decoded. Images are decoded a second time only if something fails."""
    problems: dict[str, str] = {}
    try:
        vectors = embedder.embed(items, progress)
    except DataError:
        problems = {item.content_sha: why for item in items if (why := _why_unreadable(item)) is not None}
        if not problems:
            raise
        items = [item for item in items if item.content_sha not in problems]
        if not items:
            return {}, problems
        vectors = embedder.embed(items, progress)
    return dict(zip((item.content_sha for item in items), vectors, strict=True)), problems


def _why_unreadable(item: Item) -> str | None:
    from errata.tools.data.images import load_image

    try:
        for part in item.images:
            load_image(part.image or b"")
    except DataError as error:
        return str(error)
    return None


def unit_rows(rows_ND: NDArray[np.floating]) -> F32:
    """The rows scaled to length 1; a row of zeros stays zero."""
    norms_N = np.linalg.norm(rows_ND, axis=1, keepdims=True)
    units_ND: F32 = (rows_ND / np.where(norms_N > 0, norms_N, 1)).astype(np.float32)
    return units_ND


def texts_of(items: Sequence[Item]) -> list[str]:
    """The items' texts. Raises DataError for an item without one."""
    texts = []
    for item in items:
        if item.text is None:
            raise DataError(
                f"Item {item.item_id!r} has no text, and the embedder reads text. Name the column: --text COL"
            )
        texts.append(item.text)
    return texts


def image_of(item: Item, max_side: int) -> Image:
    """The item's picture, upright, RGB, on white, no side longer than this. Raises DataError, naming the item, if there
    is none."""
    from errata.tools.data.images import load_image

    if item.image is None:
        raise DataError(
            f"Item {item.item_id!r} has no image, and the embedder reads images. Name the column: --image COL"
        )
    try:
        return load_image(item.image, max_side)
    except DataError as error:
        raise DataError(f"Item {item.item_id!r}: {error}") from error
