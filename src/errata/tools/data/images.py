"""Encoded images in, RGB pictures out. The bytes are untrusted: every way in which they can be wrong is a DataError."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from typing import TYPE_CHECKING

import numpy as np

from errata.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 89_478_485
"""Pillow's own limit against decompression bombs: a quarter of a gigabyte as RGB."""

SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".ppm", ".pgm", ".pbm", ".ico", ".jp2"}
)
"""Endings of the files that count as images in a folder."""

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "AVIF", "PPM", "ICO", "MPO", "JPEG2000")
"""Pillow knows more, but some of those start other programs (EPS) or draw scripts (WMF): not for strangers' bytes."""

DECODE_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    MemoryError,
)
BROKEN = (*DECODE_ERRORS, ArithmeticError, NotImplementedError, struct.error, zlib.error)

_warning_filters = threading.Lock()


def load_image(data: bytes, max_side: int | None = None) -> Image:
    """The picture as RGB, upright, its first frame, on white where it is transparent.

    ``max_side`` shrinks it so that neither side is longer; it never enlarges. Raises DataError where the bytes are no
    image, cut short, or hold more than MAX_PIXELS pixels.
    """
    from PIL import ImageOps

    image = _open(data)
    try:
        if max_side is not None:
            image.draft("RGB", (max_side, max_side))
        picture = _as_rgb(ImageOps.exif_transpose(image))
        if max_side is not None:
            picture.thumbnail((max_side, max_side))
    except BROKEN as error:
        raise DataError(f"the image cannot be decoded ({error}): replace the file or leave its row out") from error
    return picture


def as_png(data: bytes, max_side: int | None = None) -> bytes:
    """The same picture as ``load_image``, as the bytes of a PNG file."""
    out = io.BytesIO()
    load_image(data, max_side).save(out, format="PNG")
    return out.getvalue()


def image_problem(data: bytes) -> str | None:
    """Why these bytes cannot be shown as a picture, or None; cheap enough to ask of every image of a dataset.

    PNG chunks are checked by their checksums, and a JPEG by its end marker, without decoding a pixel. What this lets
    through can still fail in ``load_image``, with a DataError.
    """
    try:
        image = _open(data)
        if image.format == "PNG":
            image.verify()
        elif image.format != "JPEG" or b"\xff\xd9" not in data[-4096:]:
            image.load()
    except DataError as error:
        return str(error)
    except BROKEN as error:
        return f"the image cannot be decoded ({error})"
    return None


def _open(data: bytes) -> Image:
    """The header read and the size checked; the pixels are still encoded."""
    from PIL import Image, UnidentifiedImageError

    Image.init()
    known = [name for name in FORMATS if name in Image.OPEN]
    # Pillow only warns between one and two times the limit, and warns of odd metadata that nobody here can act on.
    with _warning_filters, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(io.BytesIO(data), formats=known)
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise DataError(f"the image has more than {MAX_PIXELS:,} pixels: shrink it or leave its row out") from error
        except UnidentifiedImageError as error:
            raise DataError(f"these {len(data):,} bytes are not an image that errata reads") from error
        except BROKEN as error:
            raise DataError(f"the image cannot be read ({error})") from error
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise DataError(f"the image is {width} x {height}, more than {MAX_PIXELS:,} pixels: shrink it")
    return image


def _as_rgb(image: Image) -> Image:
    """RGB from any of Pillow's modes."""
    import PIL.Image

    if image.mode == "RGB":
        image.load()
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return PIL.Image.fromarray(_eight_bits(np.asarray(image, dtype=np.float64))).convert("RGB")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = PIL.Image.new("RGBA", rgba.size, "white")
        return PIL.Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _eight_bits(
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Grey levels of 16 and 32 bits cut down to 8; Pillow's own conversion clips them to white."""
    pixels = np.nan_to_num(pixels, posinf=0.0, neginf=0.0)
    low, high = float(pixels.min()), float(pixels.max())
    if low >= 0 and high <= 65535:
        scale = 257.0 if high > 255 else (1.0 if high > 1 else 1 / 255)
        return (pixels / scale).round().astype(np.uint8)
    return ((pixels - low) * (255.0 / ((high - low) or 1.0))).round().astype(np.uint8)
