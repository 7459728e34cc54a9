"""A part of an image that is the item: a box or a mask, judged on its crop or on the whole image with an outline."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from errata.errors import DataError
from errata.prompts import Message, image_part
from errata.tools.data.images import decoded
from errata.tools.judging.images.images import MAX_SIDE, ItemImage
from errata.types import sha_of

if TYPE_CHECKING:
    from PIL.Image import Image

View = Literal["crop", "overlay"]

RED = (230, 30, 30)
MARGIN = 0.15
"""The margin around a crop, as a share of the box's longer side: surroundings help to identify a thing."""


@dataclass(frozen=True, slots=True)
class Region:
    """``box`` in pixels of the upright image: left, top, right, bottom, the last two exclusive. ``mask``, if there is
    one, is bool[H, W] over the whole image; its outline is drawn instead of the box's."""

    box: tuple[int, int, int, int]
    mask: NDArray[np.bool_] | None = None

    @classmethod
    def of_mask(cls, mask_HW: NDArray[np.bool_]) -> Region:
        """DataError for an empty mask."""
        rows, columns = np.flatnonzero(mask_HW.any(axis=1)), np.flatnonzero(mask_HW.any(axis=0))
        if not len(rows):
            raise DataError("the mask marks no pixel: leave its row out")
        return cls((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1), mask_HW)

    @property
    def sha(self) -> str:
        mask = None if self.mask is None else [list(self.mask.shape), np.packbits(self.mask).tobytes().hex()]
        return sha_of([list(self.box), mask])


class RegionImage(ItemImage):
    """The image of an item, showing one region of it."""

    def __init__(self, data: bytes, region: Region, view: View) -> None:
        super().__init__(data)
        self._region, self._view = region, view
        self.shown = {"side": MAX_SIDE, "region": region.sha, "view": view}

    async def _made(self, data: bytes) -> Message:
        return image_part(await asyncio.to_thread(render, data, self._region, self._view))


def render(data: bytes, region: Region, view: View) -> bytes:
    """PNG of the crop with some margin, or of the whole image with a red outline; no side above MAX_SIDE.

    DataError if the bytes are not an image, or the region is not inside it.
    """
    out = io.BytesIO()
    with decoded(data) as image:
        _check(region, image)
        shown = image.crop(_with_margin(region.box, image)) if view == "crop" else _outlined(image, region)
        shown.thumbnail((MAX_SIDE, MAX_SIDE))
        shown.save(out, "PNG")
    return out.getvalue()


def _outlined(image: Image, region: Region) -> Image:
    from PIL import Image as Images
    from PIL import ImageDraw, ImageFilter

    width = max(1, round(max(image.size) / 200))
    if region.mask is None:
        left, top, right, bottom = region.box
        ImageDraw.Draw(image).rectangle((left, top, right - 1, bottom - 1), outline=RED, width=width)
        return image
    mask = Images.fromarray(region.mask.astype(np.uint8) * 255)
    inner = mask.filter(ImageFilter.MinFilter(2 * width + 1))
    rim = np.asarray(mask) > np.asarray(inner)
    pixels = np.array(image)
    pixels[rim] = RED
    return Images.fromarray(pixels)


def _with_margin(box: tuple[int, int, int, int], image: Image) -> tuple[int, int, int, int]:
    left, top, right, bottom = box
    margin = round(MARGIN * max(right - left, bottom - top))
    return (
        max(0, left - margin),
        max(0, top - margin),
        min(image.width, right + margin),
        min(image.height, bottom + margin),
    )


def _check(region: Region, image: Image) -> None:
    left, top, right, bottom = region.box
    if not (0 <= left < right <= image.width and 0 <= top < bottom <= image.height):
        raise DataError(
            f"the box {region.box} does not lie in the image of {image.width} x {image.height}: "
            "it must be left, top, right, bottom in pixels"
        )
    if region.mask is not None and region.mask.shape != (image.height, image.width):
        raise DataError(f"the mask is {region.mask.shape}, the image {(image.height, image.width)} (height, width)")
