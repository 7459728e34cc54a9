"""An image as Unicode half blocks: each character cell shows two pixels, one above the other, in 24-bit color."""

from __future__ import annotations

import numpy as np
from rich.color import Color
from rich.style import Style
from rich.text import Text

from errata.tools.data.images import load_image

UPPER_HALF = "▀"


def half_blocks(data: bytes, columns: int, rows: int) -> list[Text]:
    """The picture, as large as fits into ``columns`` x ``rows`` cells, one Text per row; small ones are enlarged.

    Raises DataError if the bytes are not an image that can be decoded.
    """
    box = (columns, 2 * rows)
    picture = load_image(data, max_side=2 * max(box))
    scale = min(box[0] / picture.width, box[1] / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    pixels_HWC = np.asarray(picture.resize(size)).tolist()
    return [_row(upper, lower) for upper, lower in zip(pixels_HWC[::2], [*pixels_HWC[1::2], None], strict=False)]


def _row(upper: list[list[int]], lower: list[list[int]] | None) -> Text:
    row = Text()
    for x, color in enumerate(upper):
        below = Color.from_rgb(*lower[x]) if lower else None
        row.append(UPPER_HALF, Style(color=Color.from_rgb(*color), bgcolor=below))
    return row
