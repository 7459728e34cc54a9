"""Items that look like those of a dataset but say nothing: what a judge prefers on them is its label bias.

After Fei et al. (ACL 2023, domain-context calibration; ALGORITHMS B7): for texts, random words of the dataset at its
average length; for images, gray ones, shuffled patches, and heavy blur.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from errata.errors import DataError
from errata.tools.data.fingerprint import content_sha
from errata.tools.data.images import load_image
from errata.tools.judging.images.images import MAX_SIDE
from errata.types import Item, Part

if TYPE_CHECKING:
    from PIL.Image import Image

COUNT = 20
GRID = 7
BLUR_PX = 20
BLUR_SHARE = 20 / 224
"""The paper's radius is for images about 224 pixels wide; a larger image would stay recognizable."""
FEWEST_WORDS = 3
LONGEST_WORD = 20
"""Texts of fewer words, or of longer ones (scripts without spaces), are drawn by character: a single word of them can
be a whole item."""


def content_free(items: Sequence[Item], count: int = COUNT, seed: int = 0) -> tuple[Item, ...]:
    """``count`` items without content, made from ``items``, a sample of the dataset; the same for the same seed.

    They have the same parts as the items, and no given label; ``idx`` is -1. DataError if no item has a text with a
    word in it or a readable image.
    """
    draw = random.Random(f"content-free {seed}")  # noqa: S311  not a secret
    of_name: dict[str, list[Part]] = {}
    for part in (part for item in items for part in item.parts):
        of_name.setdefault(part.name, []).append(part)
    made = [parts for column in of_name.values() if (parts := _parts(column, count, draw))]
    if not made:
        raise DataError("No text and no readable image to make content-free items of: the sample has no content.")
    rows = enumerate(zip(*made, strict=True))
    return tuple(Item(-1, f"content-free-{i}", content_sha(parts), None, parts) for i, parts in rows)


def _parts(column: Sequence[Part], count: int, draw: random.Random) -> list[Part]:
    """``count`` parts like these; none if they have no content."""
    texts = random_texts([part.text for part in column if part.text and part.text.strip()], count, draw)
    if texts:
        return [column[0]._replace(text=text) for text in texts]
    images = _images([part.image for part in column if part.image is not None], count, draw)
    return [column[0]._replace(image=image) for image in images]


def random_texts(texts: Sequence[str], count: int, draw: random.Random) -> list[str]:
    """Random words of ``texts``, with their frequencies there; each text has the average length of those."""
    if not texts:
        return []
    words = [word for text in texts for word in text.split()]
    by_word = len(words) >= FEWEST_WORDS * len(texts) and sum(map(len, words)) <= LONGEST_WORD * len(words)
    units = words if by_word else [character for word in words for character in word]
    length = max(1, round(len(units) / len(texts)))
    return [(" " if by_word else "").join(draw.choices(units, k=length)) for _ in range(count)]


def _images(images: Sequence[bytes], count: int, draw: random.Random) -> list[bytes]:
    """Gray, shuffled, and blurred in turn, from randomly drawn pictures; unreadable ones are skipped."""
    made: list[bytes] = []
    kinds = (gray, shuffled, blurred)
    waiting = draw.sample(images, len(images))
    readable: list[bytes] = []
    while len(made) < count and (waiting or readable):
        source = waiting.pop() if waiting else draw.choice(readable)
        try:
            picture = load_image(source, MAX_SIDE)
        except DataError:
            continue
        readable.append(source)
        made.append(_png(kinds[len(made) % len(kinds)](picture, draw)))
    return made


def gray(picture: Image, draw: random.Random) -> Image:
    """A single shade: the picture's mean brightness, at its size."""
    from PIL import Image, ImageStat

    shade = round(ImageStat.Stat(picture.convert("L")).mean[0])
    return Image.new("RGB", picture.size, (shade, shade, shade))


def shuffled(picture: Image, draw: random.Random) -> Image:
    """GRID x GRID patches in random places; the picture is enlarged to whole patches if necessary."""
    from PIL import Image

    width, height = (math.ceil(side / GRID) for side in picture.size)
    whole = picture.resize((width * GRID, height * GRID))
    corners = [(x * width, y * height) for x in range(GRID) for y in range(GRID)]
    mixed = Image.new("RGB", whole.size)
    for to, (x, y) in zip(corners, draw.sample(corners, len(corners)), strict=True):
        mixed.paste(whole.crop((x, y, x + width, y + height)), to)
    return mixed


def blurred(picture: Image, draw: random.Random) -> Image:
    """A Gaussian blur that preserves colors and large shapes."""
    from PIL import ImageFilter

    return picture.filter(ImageFilter.GaussianBlur(max(BLUR_PX, BLUR_SHARE * max(picture.size))))


def _png(picture: Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, format="PNG")
    return out.getvalue()
