"""The image of an item as judges are sent it: PNG or JPEG, upright, no side longer than MAX_SIDE."""

from __future__ import annotations

import asyncio
import io

from errata.tools.data.images import as_png
from errata.types import Item

MAX_SIDE = 1024
"""Larger pictures cost more tokens than they tell; today's models see about this much at once."""

PLAIN_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})
ORIENTATION = 0x0112


class ItemImage:
    """Made ready once, however many questions show it, and only when the first of them is sent."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._ready: asyncio.Task[bytes] | None = None

    @classmethod
    def of(cls, item: Item) -> ItemImage | None:
        return None if item.image is None else cls(item.image)

    async def sent(self) -> bytes:
        """The bytes to send. DataError where they are no image."""
        if self._ready is None:
            self._ready = asyncio.get_running_loop().create_task(_sendable(self._data))
        return await asyncio.shield(self._ready)


async def _sendable(data: bytes) -> bytes:
    return data if fits(data) else await asyncio.to_thread(as_png, data, MAX_SIDE)


def fits(data: bytes) -> bool:
    """Whether any server shows these bytes as they are meant: an upright PNG or JPEG of common mode, small enough."""
    from PIL import Image

    try:
        image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
    except (OSError, Image.DecompressionBombError):
        return False
    upright = image.getexif().get(ORIENTATION, 1) == 1
    return upright and image.mode in PLAIN_MODES and max(image.size) <= MAX_SIDE
