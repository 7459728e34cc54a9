"""Decode images into RGB pictures. The bytes are untrusted: everything that can be wrong with them is a DataError."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from errata.errors import DataError
from errata.tools.data.memory_limit import MemoryLimit
from errata.types import F64

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 89_478_485
"""Pillow's own limit against decompression bombs."""

BYTES_PER_PIXEL = 12
"""The maximum while an image is decoded: the original, RGB (four bytes in Pillow), and what a decoder keeps."""

DECODING_MEMORY = MemoryLimit(MAX_PIXELS * BYTES_PER_PIXEL)
"""For all images being decoded, in any thread: as much as the largest one takes."""

STRIP_PIXELS = 1 << 20
"""How many pixels are processed at once."""

BLOCK_BYTES = 64 << 20
"""How much Pillow requests from the system at a time. glibc serves blocks below 32 MB from per-thread heaps, and keeps
freed memory there: with Pillow's own 16 MB, 24 large pictures before a judge took three times as much as one."""

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "AVIF", "PPM", "ICO", "MPO", "JPEG2000", "TGA")
"""Pillow knows more, but some of those start other programs (EPS) or run drawing scripts (WMF), and some are decoded in
Python (QOI, a minute per picture): not acceptable for untrusted bytes. TGA, which has no magic number, is tried
last."""

SUFFIXES = frozenset({
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jif", ".jfi", ".jfif", ".mpo", ".gif", ".bmp", ".dib", ".tif", ".tiff",
    ".webp", ".avif", ".avifs", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".ico", ".jp2", ".j2k", ".j2c", ".jpc", ".jpf",
    ".jpx", ".tga", ".icb", ".vda", ".vst",
})  # fmt: skip
"""Extensions of the files that count as images in a folder."""

HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})

BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    MemoryError,
    RuntimeError,
    AttributeError,
    AssertionError,
    struct.error,
    zlib.error,
)
"""What Pillow's readers have been seen to raise on damaged bytes."""

_warning_filters = threading.Lock()


@contextmanager
def decoded(data: bytes, max_side: int | None = None) -> Iterator[Image]:
    """The picture as RGB, upright, first frame, on white if transparent; its memory is reserved until the block ends.
    No other picture may be decoded within the block.

    ``max_side`` shrinks it so that neither side is longer; it never enlarges. Raises DataError if the bytes are not an
    image, are truncated, or contain more than MAX_PIXELS pixels.
    """
    image = _open(data)
    try:
        if max_side is not None:
            image.draft("RGB", (max_side, max_side))
    except BROKEN as error:
        raise _undecodable(error) from error
    with DECODING_MEMORY.taken(_needed(image)):
        picture = _upright_rgb(image, max_side)
        del image
        yield picture


def load_image(data: bytes, max_side: int | None = None) -> Image:
    """The picture of ``decoded``, to keep: without ``max_side`` it can be large."""
    with decoded(data, max_side) as picture:
        return picture


def as_png(data: bytes, max_side: int | None = None) -> bytes:
    """The same picture, as the bytes of a PNG file."""
    out = io.BytesIO()
    with decoded(data, max_side) as picture:
        picture.save(out, format="PNG")
    return out.getvalue()


def looks_like_image(beginning: bytes) -> bool:
    """Whether a file with this beginning is an image by its magic number, whatever its name."""
    try:
        _open(beginning, [name for name in FORMATS if name != "TGA"])
    except DataError:
        return False
    return True


def image_problem(data: bytes) -> str | None:
    """Why these bytes cannot be shown as a picture, or None; cheap enough for every image of a dataset.

    PNG chunks are checked by their checksums, and a JPEG by its end marker, without decoding a pixel. What passes can
    still fail in ``load_image``, with a DataError.
    """
    try:
        image = _open(data)
        if image.format == "PNG":
            image.verify()
        elif image.format != "JPEG" or b"\xff\xd9" not in data[-4096:]:
            with DECODING_MEMORY.taken(_needed(image)):
                image.load()
    except DataError as error:
        return str(error)
    except BROKEN as error:
        return f"the image cannot be decoded ({error})"
    return None


def _open(data: bytes, formats: Sequence[str] = FORMATS) -> Image:
    """Read the header and check the size; the pixels are still encoded."""
    from PIL import Image, UnidentifiedImageError, _imaging

    Image.init()
    _imaging.set_block_size(BLOCK_BYTES)
    known = [name for name in formats if name in Image.OPEN]
    # Pillow only warns between one and two times the limit, and warns about odd metadata that no one here can act on.
    with _warning_filters, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(io.BytesIO(data), formats=known)
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise DataError(f"the image has more than {MAX_PIXELS:,} pixels: shrink it or leave its row out") from error
        except UnidentifiedImageError as error:
            heif = data[4:8] == b"ftyp" and data[8:12] in HEIF
            what = "HEIC, which errata does not read: convert it to JPEG" if heif else "not an image that errata reads"
            raise DataError(f"these {len(data):,} bytes are {what}") from error
        except BROKEN as error:
            raise DataError(f"the image cannot be read ({error})") from error
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise DataError(f"the image is {width} x {height}, more than {MAX_PIXELS:,} pixels: shrink it")
    return image


def _needed(image: Image) -> int:
    return image.width * image.height * BYTES_PER_PIXEL


def _undecodable(error: Exception) -> DataError:
    return DataError(f"the image cannot be decoded ({error}): replace the file or leave its row out")


def _upright_rgb(image: Image, max_side: int | None) -> Image:
    from PIL import ImageOps

    try:
        ImageOps.exif_transpose(image, in_place=True)
        picture = _on_white(image)
        if max_side is not None:
            picture.thumbnail((max_side, max_side))
        picture = picture if picture.mode == "RGB" else picture.convert("RGB")
    except BROKEN as error:
        raise _undecodable(error) from error
    picture.info.clear()  # or saving it would write the file's color profile, with whatever is hidden in it, again
    return picture


def _on_white(image: Image) -> Image:
    """RGB, or L if that shows the same in a quarter of the space, from any of Pillow's modes."""
    import PIL.Image

    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image)
    if image.mode != "RGB" and image.has_transparency_data:
        picture = PIL.Image.new("RGB", image.size)
        for top, strip in _strips(image):
            rgba = strip.convert("RGBA")
            white = PIL.Image.new("RGBA", rgba.size, "white")
            picture.paste(PIL.Image.alpha_composite(white, rgba).convert("RGB"), (0, top))
        return picture
    if image.mode not in ("RGB", "L"):
        return image.convert("RGB")
    image.load()
    return image


def _eight_bits(image: Image) -> Image:
    """Gray levels of 16 and 32 bits reduced to 8; Pillow's own conversion clips them to white."""
    import PIL.Image

    bounds = [(pixels.min(), pixels.max()) for _, pixels in _levels(image)]
    low, high = float(min(low for low, _ in bounds)), float(max(high for _, high in bounds))
    picture = PIL.Image.new("L", image.size)
    for top, pixels in _levels(image):
        if low >= 0 and high <= 65535:
            scaled = pixels / (257.0 if high > 255 else (1.0 if high > 1 else 1 / 255))
        else:
            scaled = (pixels - low) * (255.0 / ((high - low) or 1.0))
        picture.paste(PIL.Image.fromarray(scaled.round().astype(np.uint8)), (0, top))
    return picture


def _levels(image: Image) -> Iterator[tuple[int, F64]]:
    """The pixels of each strip as numbers; what is not a number counts as 0."""
    for top, strip in _strips(image):
        yield top, np.nan_to_num(np.asarray(strip, dtype=np.float64), posinf=0.0, neginf=0.0)


def _strips(image: Image) -> Iterator[tuple[int, Image]]:
    """The rows of an image in strips, each with the number of its first row."""
    rows = max(1, STRIP_PIXELS // max(1, image.width))
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))
