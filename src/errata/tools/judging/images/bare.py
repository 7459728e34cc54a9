"""Whether a PNG or JPEG file contains only pixels, checked by walking its structure without decoding it.

Anything else in a file (comments, EXIF, color profiles, private chunks, data after its end) is untrusted text that some
servers read and no person sees.
"""

from __future__ import annotations

import re
import struct

PNG_BEGINS, JPEG_BEGINS, JPEG_ENDS = b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"\xff\xd9"
CHUNK_HEAD, CHUNK_SUM = struct.Struct(">I4s"), 4

PNG_ONCE = {
    b"IHDR": 13,
    b"PLTE": 768,
    b"tRNS": 256,
    b"gAMA": 4,
    b"cHRM": 32,
    b"sRGB": 1,
    b"sBIT": 4,
    b"bKGD": 6,
    b"pHYs": 9,
}
"""Chunks that say how to interpret the pixels, with their maximum size in bytes. Beside IDAT and IEND, a file sent
unchanged has only these, each once."""

JFIF = re.compile(rb"JFIF\x00..[\x00-\x02].{4}\x00\x00", re.DOTALL)
"""The segment that identifies a JPEG file, without a thumbnail."""
TABLES = frozenset({0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD})
"""Segments that a decoder needs: frames, Huffman and quantization tables, restarts."""
APP0, SCAN = 0xE0, 0xDA
AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7]")
"""The marker that ends a scan's data: any but a stuffed zero and a restart."""


def is_bare(data: bytes) -> bool:
    """False also for other formats and for damaged files: the code that reads pixels decodes or rejects them."""
    try:
        if data.startswith(PNG_BEGINS):
            return _is_bare_png(data)
        return data.startswith(JPEG_BEGINS) and _is_bare_jpeg(data)
    except (struct.error, IndexError):  # truncated
        return False


def _is_bare_png(data: bytes) -> bool:
    at, met = len(PNG_BEGINS), set()
    while True:
        size, kind = CHUNK_HEAD.unpack_from(data, at)
        at += CHUNK_HEAD.size + size + CHUNK_SUM
        if kind == b"IEND":
            return bool(size == 0 and at == len(data))
        if kind != b"IDAT" and (kind in met or size > PNG_ONCE.get(kind, -1)):
            return False
        met.add(kind)


def _is_bare_jpeg(data: bytes) -> bool:
    at, met_jfif = len(JPEG_BEGINS), False
    while data[at : at + 2] != JPEG_ENDS:
        if data[at] != 0xFF:
            return False
        kind, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        body = at + 4
        at += 2 + size
        if kind == SCAN:
            ended = AFTER_SCAN.search(data, at)
            if ended is None:
                return False
            at = ended.start()
        elif kind == APP0 and not met_jfif and JFIF.fullmatch(data, body, at):
            met_jfif = True
        elif kind not in TABLES or size < 2:
            return False
    return at + 2 == len(data)
