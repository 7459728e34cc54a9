"""Vectors of several parts, cut apart again, and compared where a space holds both."""

from __future__ import annotations

import numpy as np

from errata.tools.features.efficientnet import EfficientNet
from errata.tools.features.minilm_int8 import MiniLMInt8
from errata.tools.features.of_part import OfPart
from errata.tools.features.part_vectors import PartVectors, Seen, cut_apart
from errata.tools.features.plain import PlainImage, PlainText
from errata.tools.features.seen_classes import class_names, in_space_of
from errata.tools.features.shared_space import in_one_space
from errata.tools.features.side_by_side import SideBySide
from errata.types import Item, Part
from tests.inputs import picture

TEXTS = ("a dog on a beach", "two ships at sea", "a red apple")


def items() -> list[Item]:
    parts = [(Part("title", text=text), Part("photo", image=picture("disc", n))) for n, text in enumerate(TEXTS)]
    return [Item(n, str(n), str(n), None, each) for n, each in enumerate(parts)]


def test_each_part_is_what_its_embedders_alone_make_of_it() -> None:
    photo = SideBySide([OfPart("photo", "image", EfficientNet()), OfPart("photo", "image", PlainImage())])
    both = SideBySide([OfPart("title", "text", MiniLMInt8()), photo])
    assert both.widths == ()
    vectors_ND = both.embed(items())
    title, seen = cut_apart(both, both.widths, vectors_ND)
    assert (title.name, seen.name) == ("title", "photo")
    np.testing.assert_allclose(title.all_ND, both.parts[0].embed(items()), atol=1e-6)
    np.testing.assert_allclose(seen.all_ND, photo.embed(items()), atol=1e-6)


def part(*seen: Seen) -> PartVectors:
    return PartVectors("part", seen)


def test_two_texts_of_one_encoder_share_its_space_and_counted_words_do_not() -> None:
    vectors_ND = np.eye(3, dtype=np.float32)
    left, right = (part(Seen(MiniLMInt8(), vectors_ND * sign)) for sign in (1, -1))
    found = in_one_space(left, right)
    assert found is not None and (found[0] == vectors_ND).all() and (found[1] == -vectors_ND).all()
    words = part(Seen(PlainText(), vectors_ND))
    assert in_one_space(words, words) is None and in_one_space(left, part(Seen(PlainImage(), vectors_ND))) is None


def test_images_come_into_the_space_of_texts_from_either_side() -> None:
    texts = MiniLMInt8()
    images = EfficientNet().embed([Item.of(0, "0", "", None, image=picture("disc", 0))] * 2)
    photo, title = part(Seen(EfficientNet(), images)), part(Seen(texts, np.ones((2, 384), np.float32)))
    one, other = in_one_space(photo, title), in_one_space(title, photo)
    assert one is not None and other is not None
    assert (one[0] == other[1]).all() and one[0].shape == (2, 384)


def test_an_image_is_where_the_names_of_the_classes_are_that_it_looks_like() -> None:
    from errata.tools.features.torch_file import read_tensors
    from errata.tools.features.weights import weights_named

    dog = next(n for n, name in enumerate(class_names()) if name.startswith("Chihuahua"))
    typical_D = np.maximum(read_tensors(weights_named("efficientnet-lite0").path())["_fc.weight"][dog], 0)
    vector_1D = np.sqrt(typical_D / typical_D.sum())[None].astype(np.float32)
    texts = MiniLMInt8()
    names_KE = texts.embed([Item.of(0, "", "", None, text=name) for name in class_names()])
    assert int((names_KE @ in_space_of(texts, vector_1D)[0]).argmax()) == dog
    assert len(class_names()) == 1000
