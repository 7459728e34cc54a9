"""Plain features: what they capture, and input that must not break them."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from errata.errors import DataError
from errata.tools.features.image_shape import SIDE, drawing
from errata.tools.features.plain import PlainImage, PlainText
from errata.types import Item


def texts(*contents: str) -> list[Item]:
    return [Item.of(i, f"id{i}", "", None, text=content) for i, content in enumerate(contents)]


def images(*pictures: Image.Image) -> list[Item]:
    return [Item.of(i, f"id{i}", "", None, image=png(picture)) for i, picture in enumerate(pictures)]


def png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def drawn(*lines: tuple[int, ...], size: tuple[int, int] = (120, 90), ink: int = 0, paper: int = 255) -> Image.Image:
    picture = Image.new("L", size, paper)
    for line in lines:
        ImageDraw.Draw(picture).line(line, fill=ink, width=5)
    return picture


def test_texts_that_share_words_are_nearer_than_texts_that_do_not() -> None:
    vectors = PlainText().embed(texts("red apple pie", "apple pie recipe", "train to london", "london train"))
    near, far = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert near > far
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("contents", [("",), ("", "!?"), ("one",), ("same words", "same words"), ("a b c", "")])
def test_texts_with_nothing_to_tell_apart_do_not_crash(contents: tuple[str, ...]) -> None:
    vectors = PlainText().embed(texts(*contents))
    assert vectors.shape[0] == len(contents)
    assert np.isfinite(vectors).all()


def test_the_same_drawing_smaller_and_elsewhere_is_nearly_the_same() -> None:
    large = drawn((20, 10, 60, 80), (60, 80, 100, 10))
    small = drawn((200, 110, 220, 145), (220, 145, 240, 110), size=(300, 200))
    other = drawn((30, 10, 30, 80), (60, 10, 60, 80))
    vectors = PlainImage().embed(images(large, small, other))
    assert vectors[0] @ vectors[1] > 0.8 > vectors[0] @ vectors[2]


def test_dust_and_strokes_of_a_neighbor_leave_a_drawing_where_it_is() -> None:
    v, speck, other = (20, 10, 40, 60, 60, 10), (260, 170, 262, 172), (30, 10, 30, 80)
    clean, dusty, bar = (drawn(line, size=(280, 180)) for line in (v, v, other))
    ImageDraw.Draw(dusty).line(speck, fill=0, width=3)
    ImageDraw.Draw(dusty).line((274, 20, 279, 20), fill=0, width=3)
    vectors = PlainImage().embed(images(clean, dusty, bar))
    assert vectors[0] @ vectors[1] > 0.99 > vectors[0] @ vectors[2]


def test_a_dot_that_belongs_to_the_drawing_is_seen() -> None:
    stroke, dot = (60, 40, 60, 80), (60, 16, 60, 20)
    vectors = PlainImage().embed(images(drawn(stroke), drawn(stroke, dot)))
    assert vectors[0] @ vectors[1] < 0.9


def test_the_same_drawing_twice_as_wide_is_nearer_than_another() -> None:
    wide = drawn((20, 20, 60, 60), (60, 60, 100, 20))
    narrow = drawn((40, 20, 60, 60), (60, 60, 80, 20))
    other = drawn((20, 60, 60, 20), (60, 20, 100, 60))
    vectors = PlainImage().embed(images(wide, narrow, other))
    assert vectors[0] @ vectors[1] > 0.7 > vectors[0] @ vectors[2]


@pytest.mark.parametrize("line", [(0, 0, 119, 0), (60, 45, 60, 45), (0, 0, 119, 89)])
def test_a_drawing_at_the_edge_or_of_one_point_is_described(line: tuple[int, int, int, int]) -> None:
    picture = Image.new("L", (120, 90), 255)
    ImageDraw.Draw(picture).line(line, fill=0)
    vectors = PlainImage().embed(images(picture))
    assert np.linalg.norm(vectors[0]) == pytest.approx(1)


def test_a_photograph_stays_whole() -> None:
    photograph = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE)).astype(np.float32)
    border = np.concatenate([photograph[0], photograph[-1], photograph[:, 0], photograph[:, -1]])
    np.testing.assert_allclose(drawing(photograph), photograph - np.median(border), rtol=1e-5)


def test_ink_and_paper_may_change_places() -> None:
    vectors = PlainImage().embed(images(drawn((20, 10, 60, 80)), drawn((20, 10, 60, 80), ink=255, paper=0)))
    assert vectors[0] @ vectors[1] > 0.99


def test_colors_tell_apart_what_shapes_do_not() -> None:
    red, blue, gray = (Image.new("RGB", (32, 32), color) for color in ("red", "blue", "gray"))
    vectors = PlainImage().embed(images(red, blue, gray))
    assert vectors[0] @ vectors[1] == pytest.approx(0)
    assert not vectors[2].any()


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (8, 8), (3000, 2)])
def test_images_of_odd_sizes_give_finite_vectors(size: tuple[int, int]) -> None:
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8))
    assert np.isfinite(PlainImage().embed(images(picture))).all()


def test_an_unreadable_image_is_named() -> None:
    with pytest.raises(DataError, match="'broken'"):
        PlainImage().embed([Item.of(0, "broken", "", None, image=b"no image")])
