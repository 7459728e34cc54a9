"""Draw words into images, and read them from the pixels as a judge would, whatever their place, size and color.

The font is Pillow's bitmap font, so a letter is 6 x 11 pixels, times a whole number. Every window of an image is
compared with all letters at once, by a hash of the window.
"""

from __future__ import annotations

import string
from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from errata.types import Int

WIDTH, HEIGHT = 6, 11
LETTERS = string.ascii_letters + string.digits + ".,:;!?'\"()-<>|/=_{}[]"
SIZES = (1, 2, 3)
CONTRAST = 4
"""The least difference in gray levels at which letters are read; people need more, models less."""
WORD = 3
"""A row of at least this many letters counts as writing; fewer occur by chance."""

rng = np.random.default_rng(11)
WEIGHTS = rng.integers(1, 2**63, size=(HEIGHT, WIDTH), dtype=np.int64)


class Writing(NamedTuple):
    """Where and how words are drawn: the upper left corner, the size, and the gray levels of letters and background."""

    at: tuple[int, int]
    size: int = 1
    ink: int = 0
    paper: int = 255


def draw(image: Image.Image, words: str, how: Writing) -> Image.Image:
    """A copy of the image with the words drawn into it, wrapped at its right edge."""
    made = image.copy()
    room = (image.width - how.at[0]) // (WIDTH * how.size)
    lines = [words[start : start + room] for start in range(0, len(words), room)]
    for number, line in enumerate(lines):
        strip = Image.new("L", (WIDTH * len(line), HEIGHT), how.paper)
        for place, letter in enumerate(line):
            strip.paste(how.ink, (place * WIDTH, 0), mask=_glyph(letter))
        strip = strip.resize((strip.width * how.size, strip.height * how.size), Image.Resampling.NEAREST)
        made.paste(strip, (how.at[0], how.at[1] + number * HEIGHT * how.size))
    return made


def read(image: Image.Image) -> list[str]:
    """Every row of writing in the image, without duplicates; the order means little."""
    gray = np.asarray(image.convert("L"), dtype=np.int16)
    common = int(np.bincount(gray.ravel()).argmax())
    layers = [gray < 128, gray >= 128, np.abs(gray - common) >= CONTRAST, gray > 250]
    found: dict[str, None] = {}
    for layer in layers:
        for size in SIZES:
            for dy in range(size):
                for dx in range(size):
                    found |= dict.fromkeys(_rows(layer[dy::size, dx::size].astype(np.int64)))
    return list(found)


@cache
def _glyph(letter: str) -> Image.Image:
    """One letter, cropped to its cell."""
    image = Image.new("1", (WIDTH, HEIGHT), 0)
    ImageDraw.Draw(image).text((0, 0), letter, fill=1, font=ImageFont.load_default_imagefont())
    return image


@cache
def _known() -> tuple[Int, str]:
    """The hash of each letter, sorted, and the letters in that order."""
    hashes = {int((np.asarray(_glyph(c), dtype=np.int64) * WEIGHTS).sum()): c for c in LETTERS}
    ordered = sorted(hashes)
    return np.array(ordered, dtype=np.int64), "".join(hashes[value] for value in ordered)


def _rows(pixels: Int) -> list[str]:
    rows, columns = pixels.shape[0] - HEIGHT + 1, pixels.shape[1] - WIDTH + 1
    if rows < 1 or columns < 1:
        return []
    hashes = np.zeros((rows, columns), dtype=np.int64)
    for dy in range(HEIGHT):
        for dx in range(WIDTH):
            hashes += pixels[dy : dy + rows, dx : dx + columns] * WEIGHTS[dy, dx]
    known, letters = _known()
    places = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    hits = np.argwhere(known[places] == hashes)
    cells = {(int(y), int(x)): letters[places[y, x]] for y, x in hits}
    return _chained(cells)


def _chained(cells: dict[tuple[int, int], str]) -> list[str]:
    """Join adjacent letters, with at most one space between them, into rows."""
    rows, used = [], set()
    for y, x in sorted(cells):
        if (y, x) in used:
            continue
        row, at = "", x
        while (y, at) in cells or (y, at + WIDTH) in cells:
            row += cells.get((y, at), " ")
            used.add((y, at))
            at += WIDTH
        if sum(letter.isalnum() for letter in row) >= WORD:
            rows.append(row)
    return rows
