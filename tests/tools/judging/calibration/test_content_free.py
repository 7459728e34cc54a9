"""Content-free items look like the dataset's but say nothing."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from PIL import Image

from errata.errors import DataError
from errata.tools.data.images import load_image
from errata.tools.judging.calibration.content_free import blurred, content_free, gray, random_texts, shuffled
from errata.types import Item


def png(width: int, height: int, seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format="PNG")
    return out.getvalue()


def items(*contents: str | bytes | None) -> list[Item]:
    return [
        Item.of(i, str(i), str(i), "given", c if isinstance(c, str) else None, c if isinstance(c, bytes) else None)
        for i, c in enumerate(contents)
    ]


def test_the_same_seed_makes_the_same_items_and_another_makes_others() -> None:
    sample = items("one two three four", "five six seven eight nine ten")
    assert content_free(sample, seed=1) == content_free(sample, seed=1)
    assert content_free(sample, seed=1) != content_free(sample, seed=2)
    images = items(png(20, 20), png(30, 10, 1))
    assert [i.image for i in content_free(images, seed=1)] == [i.image for i in content_free(images, seed=1)]


def test_texts_have_the_average_length_and_only_the_datasets_words() -> None:
    made = content_free(items("one two three four", "five six seven eight nine ten", None))
    assert len(made) == 20
    assert {len(item.text.split()) for item in made if item.text} == {5}
    words = {word for item in made if item.text for word in item.text.split()}
    assert words <= {"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
    assert len(words) > 5
    assert all(item.given_label is None and item.image is None for item in made)
    assert len({item.content_sha for item in made}) == 20


@pytest.mark.parametrize(
    "texts", [["apple", "banana", "cherry"], ["\u4eca\u5929\u7684\u5929\u6c14\u5f88\u597d" * 5] * 3]
)
def test_texts_of_one_word_or_without_spaces_are_drawn_by_the_character(texts: list[str]) -> None:
    made = random_texts(texts, 20, random.Random(0))
    assert not set(made) & set(texts)
    assert set("".join(made)) <= set("".join(texts))
    assert {len(text) for text in made} == {round(sum(map(len, texts)) / len(texts))}


def test_images_are_grey_shuffled_and_blurred_in_turn_at_their_own_size() -> None:
    made = content_free(items(png(21, 14), png(21, 14, 1)))
    pictures = [np.asarray(load_image(item.image)) for item in made if item.image]
    assert [picture.shape for picture in pictures] == [(14, 21, 3)] * 20
    assert all(picture.std() == 0 for picture in pictures[0::3])
    assert all(picture.std() > 50 for picture in pictures[1::3])
    assert all(0 < picture.std() < 10 for picture in pictures[2::3])


def test_shuffling_keeps_every_pixel_and_moves_the_patches() -> None:
    picture = load_image(png(21, 14))
    mixed = shuffled(picture, random.Random(0))
    assert sorted(np.asarray(mixed).ravel()) == sorted(np.asarray(picture).ravel())
    assert (np.asarray(mixed) != np.asarray(picture)).mean() > 0.9


def test_a_large_picture_is_blurred_as_much_as_a_small_one() -> None:
    half = Image.new("RGB", (1000, 1000))
    half.paste((255, 255, 255), (0, 0, 500, 1000))
    edge = np.asarray(blurred(half, random.Random(0)))[500, :, 0]
    assert ((edge > 25) & (edge < 230)).sum() > 200
    assert set(np.asarray(gray(half, random.Random(0))).ravel()) == {128}


def test_images_that_cannot_be_read_are_passed_over() -> None:
    made = content_free(items(b"no image", png(14, 14), b"nor this"))
    assert len(made) == 20
    assert all(item.image for item in made)
    with pytest.raises(DataError, match="no content"):
        content_free(items(b"no image", None, " "))
