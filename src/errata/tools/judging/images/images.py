"""The image of an item as it is sent to judges: PNG or JPEG, upright, no side longer than MAX_SIDE."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace

from errata.errors import DataError
from errata.prompts import Message, image_name, image_part
from errata.tools.data.images import BROKEN, as_png, image_problem
from errata.tools.judging.images.bare import is_bare
from errata.types import Item, Part

MAX_SIDE = 1024
"""Larger pictures cost more tokens than they are worth; today's models take in about this much at once."""

GROWTH, SENT_BYTES = 8, 8 << 20
"""What is sent may be this many times larger than the input (a JPEG becomes a PNG, in base64, in a part and a body), or
this large."""

PLAIN_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})


class ItemImage:
    """Prepared once, however many questions show it, and only when the first of them is sent."""

    def __init__(self, data: bytes, title: Message | None = None) -> None:
        """``title``: the message part to send before it. ``shown``: what a cache must know about how the image is
        shown, besides its content: JSON-plain."""
        self._data, self._title = data, title
        self.shown: object = MAX_SIDE if title is None else [MAX_SIDE, title["text"]]
        self._ready: asyncio.Task[Message] | None = None

    @classmethod
    def of(cls, item: Item, whose: str = "") -> tuple[ItemImage, ...]:
        """The item's images, each under its name if the item has more than one part; ``whose``: what to add to that
        name if another item is shown next to this one."""
        named = len(item.parts) > 1
        return tuple(cls(part.image or b"", image_name(part.name, whose) if named else None) for part in item.images)

    async def parts(self) -> list[Message]:
        """The message parts to send. DataError if the bytes are not an image."""
        if self._ready is None:
            self._ready = asyncio.get_running_loop().create_task(self._made(self._data))
        image = await asyncio.shield(self._ready)
        return [image] if self._title is None else [self._title, image]

    async def _made(self, data: bytes) -> Message:
        return image_part(data if fits(data) else await asyncio.to_thread(as_png, data, MAX_SIDE))


def with_sendable_image(item: Item) -> Item:
    """The item with its images ready to send, for one that is shown again and again."""
    return replace(item, parts=tuple(map(_sendable, item.parts)))


def _sendable(part: Part) -> Part:
    if part.image is None or fits(part.image):
        return part
    try:
        return part._replace(image=as_png(part.image, MAX_SIDE))
    except DataError:
        return part


def held_bytes(item: Item) -> int:
    """Approximately how much memory an item's images take while it is asked about: as read, and as sent."""
    sizes = [len(part.image or b"") for part in item.images]
    return sum(size + min(size * GROWTH, SENT_BYTES) for size in sizes)


def fits(data: bytes) -> bool:
    """Whether any server shows these bytes as intended: an upright PNG or JPEG of a common mode, small enough, and
    nothing but pixels. Any other image is drawn again, and only its pixels are sent."""
    if not is_bare(data):
        return False
    from PIL import Image

    try:
        image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
    except (*BROKEN, Image.DecompressionBombError):
        return False
    # vLLM decodes a file with a damaged middle as far as possible, and would judge the black that is left.
    return image.mode in PLAIN_MODES and max(image.size) <= MAX_SIDE and image_problem(data) is None
