"""Near copies of texts differ in a few words, signs or case; of images in size, format or light."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from errata.tools.features.near_copies import alike_images, alike_texts
from errata.types import Int
from evals.data.near_copies import near_copies

NEWS = (
    "Oil prices rose again on Monday, after a pipeline in the south was damaged and exports stopped. Traders said "
    "that they expect the price to fall as soon as it is repaired."
)


def alike(*texts: str) -> bool:
    def read(rows: Int) -> list[str]:
        return [texts[row] for row in rows]

    return bool(alike_texts(read, np.array([0]), np.array([1]))[0])


@pytest.mark.parametrize("copy", near_copies(NEWS, 6, 0))
def test_a_text_with_a_few_changes_is_a_near_copy(copy: str) -> None:
    assert copy != NEWS and alike(NEWS, copy) and alike(copy, NEWS)


@pytest.mark.parametrize(
    "other",
    [
        "Oil prices fell on Tuesday. The pipeline in the south is repaired, and exports go on as before.",
        "Oil prices rose again.",
        "",
    ],
)
def test_another_text_on_the_same_subject_is_not_a_copy(other: str) -> None:
    assert not alike(NEWS, other)


def test_in_a_short_text_one_word_makes_another() -> None:
    assert not alike("turn on the light", "turn off the light")
    assert not alike(":)", ":(")
    assert alike("Turn on the lights!", "turn on the lights")


def picture(pixels: np.ndarray, **options: Any) -> bytes:
    to = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(to, **options)
    return to.getvalue()


def test_an_image_in_another_format_and_brightness_is_a_near_copy_but_another_or_a_broken_one_is_not() -> None:
    rng = np.random.default_rng(0)
    rough = [np.kron(rng.integers(0, 200, (8, 8, 3)), np.ones((8, 8, 1))) for _ in range(2)]
    images = [
        picture(rough[0], format="PNG"),
        picture(rough[0] * 1.1 + 5, format="JPEG", quality=60),
        picture(rough[1], format="PNG"),
        b"no image",
    ]

    def read(rows: Int) -> list[bytes]:
        return [images[row] for row in rows]

    assert alike_images(read, np.array([0, 0, 0]), np.array([1, 2, 3])).tolist() == [True, False, False]
