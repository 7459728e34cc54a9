"""The card: everything fits the screen, no content can pass for part of the card, images keep colors."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Literal

import pytest
from PIL import Image
from rich.console import Console

from errata.apps.terminal.card import Card, draw
from errata.types import Item, Proposal, parts_of

ITEM = Item.of(0, "a", "sha", "cat", "a bark")
PROPOSAL = Proposal(0, "relabel", "dog", 0.9, 0.1, "because")
CARD = Card(ITEM, PROPOSAL, {"1": "cat", "2": "dog"}, ("cat", "dog"), 3, "ann")
STYLE = re.compile(r"\x1b\[[0-9;]*m")


def drawn(card: Card, width: int = 80, height: int = 24, colors: Literal["truecolor"] | None = "truecolor") -> str:
    out = io.StringIO()
    draw(card, Console(file=out, force_terminal=True, color_system=colors, width=width, height=height))
    return out.getvalue().removeprefix("\x1b[2J\x1b[H")


def lines(shown: str) -> list[str]:
    return STYLE.sub("", shown).removesuffix("\n").split("\n")


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, format="PNG")
    return out.getvalue()


def test_a_card_says_what_the_item_is_what_it_has_and_what_is_proposed() -> None:
    assert lines(drawn(CARD)) == [
        "item a   3 left   deciding as ann".ljust(80),
        "",
        "│ a bark",
        "",
        "given     cat",
        "proposed  dog   confidence 0.90",
        "why       because",
        "",
        "1 cat (given)   2 dog",
        "y accept   n keep given   s several labels   o none of these   c cannot tell",
        "p pass on   u undo   q quit   ? help",
        "",
    ]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 24), (200, 60)])
def test_every_line_of_a_long_text_is_on_some_page_and_every_page_fits_the_screen(width: int, height: int) -> None:
    text = "\n".join(f"<{i}> " + "word " * 30 for i in range(80))
    card = replace(CARD, item=replace(ITEM, parts=parts_of(text)), notice="word " * 20)
    pages = [lines(drawn(replace(card, page=page), width, height)) for page in range(90)]
    assert all(len(page) < height and max(map(len, page)) <= width for page in pages)
    assert all(any(f"<{i}>" in line for page in pages for line in page) for i in range(80))


def test_each_line_of_the_text_follows_the_gutter_however_it_is_wrapped() -> None:
    text = "proposed  cow\n\n" + "x" * 200 + "漢字" * 60
    assert [
        line for line in lines(drawn(replace(CARD, item=replace(ITEM, parts=parts_of(text))))) if "cow" in line
    ] == ["│ proposed  cow"]
    assert (
        sum(line.startswith("│ ") for line in lines(drawn(replace(CARD, item=replace(ITEM, parts=parts_of(text)))))) > 5
    )


def test_a_text_of_a_megabyte_is_cut_and_says_so() -> None:
    card = replace(CARD, item=replace(ITEM, parts=parts_of("y" * 1_000_000)))
    (pages,) = [int(line.split()[5].rstrip(":")) // 11 for line in lines(drawn(card)) if "turns the page" in line]
    assert any("(cut here: 900,000 more" in line for line in lines(drawn(replace(card, page=pages))))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (160, 50), (40, 20)])
def test_an_image_is_drawn_in_its_own_colors_within_the_screen(width: int, height: int) -> None:
    half_red_half_blue = Image.new("RGB", (8, 8), "red")
    half_red_half_blue.paste((0, 0, 255), (0, 4, 8, 8))
    card = replace(CARD, item=Item.of(0, "a", "sha", "cat", None, png(half_red_half_blue)))
    shown = drawn(card, width, height)
    rows = [line for line in shown.split("\n") if "▀" in line]
    assert "38;2;255;0;0;48;2;255;0;0m▀" in rows[0]
    assert "38;2;0;0;255;48;2;0;0;255m▀" in rows[-1]
    assert len(lines(shown)) < height
    assert max(map(len, lines(shown))) <= width
    assert "proposed  dog" in STYLE.sub("", shown)


@pytest.mark.parametrize("size", [(1, 1), (3000, 1), (1, 3000), (7, 5)])
def test_an_image_of_any_shape_is_drawn(size: tuple[int, int]) -> None:
    card = replace(CARD, item=Item.of(0, "a", "sha", "cat", "with a text", png(Image.new("RGB", size, (0, 128, 0)))))
    shown = drawn(card)
    assert "38;2;0;128;0" in shown
    assert "│ with a text" in STYLE.sub("", shown)
    assert len(lines(shown)) < 24


def test_an_image_that_cannot_be_shown_says_why() -> None:
    card = replace(CARD, item=Item.of(0, "a", "sha", "cat", None, b"no image"))
    assert "not an image" in " ".join(lines(drawn(card)))
    assert lines(drawn(card, colors=None))[2:4] == [
        "(an image: this terminal shows no   given     cat",
        "colors)                             proposed  dog   confidence 0.90",
    ]
