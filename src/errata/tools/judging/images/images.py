"""The image of an item as judges are sent it: PNG or JPEG, upright, no side longer than MAX_SIDE."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace

from errata.errors import DataError
from errata.prompts import Message, image_part
from errata.tools.data.images import BROKEN, as_png, image_problem
from errata.tools.judging.images.bare import is_bare
from errata.types import Item

MAX_SIDE = 1024
"""Larger pictures cost more tokens than they tell; today's models see about this much at once."""

GROWTH, SENT_BYTES = 8, 8 << 20
"""What is sent takes so many times what came (a JPEG becomes a PNG, in base64, in a part and a body), or so much."""

PLAIN_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})


class ItemImage:
    """Made ready once, however many questions show it, and only when the first of them is sent."""

    shown: object = MAX_SIDE
    """What a cache must know of how the image is shown, beside the content itself: JSON-plain."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._ready: asyncio.Task[Message] | None = None

    @classmethod
    def of(cls, item: Item) -> tuple[ItemImage, ...]:
        """The item's images: one or none."""
        return () if item.image is None else (cls(item.image),)

    async def part(self) -> Message:
        """What is sent of it. DataError where the bytes are no image."""
        if self._ready is None:
            self._ready = asyncio.get_running_loop().create_task(self._made(self._data))
        return await asyncio.shield(self._ready)

    async def _made(self, data: bytes) -> Message:
        return image_part(data if fits(data) else await asyncio.to_thread(as_png, data, MAX_SIDE))


def with_sendable_image(item: Item) -> Item:
    """The item with its image as it is sent: for one that is shown again and again."""
    if item.image is None or fits(item.image):
        return item
    try:
        return replace(item, image=as_png(item.image, MAX_SIDE))
    except DataError:
        return item


def held_bytes(item: Item) -> int:
    """About how much memory an item's image takes while it is asked about: as it came, and as it is sent."""
    size = len(item.image or b"")
    return size + min(size * GROWTH, SENT_BYTES)


def fits(data: bytes) -> bool:
    """Whether any server shows these bytes as they are meant: an upright PNG or JPEG of common mode, small enough, and
    nothing but pixels. What is not so is drawn anew: its pixels alone are sent."""
    if not is_bare(data):
        return False
    from PIL import Image

    try:
        image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
    except (*BROKEN, Image.DecompressionBombError):
        return False
    # vLLM decodes a file whose middle is lost as far as it goes, and judges the black that is left.
    return image.mode in PLAIN_MODES and max(image.size) <= MAX_SIDE and image_problem(data) is None
