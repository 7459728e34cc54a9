"""Change spans of a text file and leave every other byte alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from errata.errors import DataError
from errata.tools.data.atomic import atomic_write
from errata.tools.data.encoding import UTF8, from_utf8

BOM = b"\xef\xbb\xbf"


class Splice(NamedTuple):
    """``data[start:end]`` becomes ``new``."""

    start: int
    end: int
    new: bytes


def write_spliced(data: bytes, splices: Iterable[Splice], out: Path, encoding: str = UTF8) -> None:
    """Write ``data``, which is UTF-8, with the splices applied, atomically and in ``encoding``.

    Splices must not overlap. Those at the same empty place are written in the given order. Raises DataError, and writes
    nothing, for a character that the encoding does not have.
    """
    if encoding == UTF8:
        pieces: Iterable[bytes | memoryview] = _pieces(data, splices)
    else:
        pieces = [from_utf8(spliced(data, splices), encoding, out)]
    with atomic_write(out) as file:
        file.writelines(pieces)


def spliced(data: bytes, splices: Iterable[Splice]) -> bytes:
    """``data`` with the splices applied."""
    return b"".join(_pieces(data, splices))


def _pieces(data: bytes, splices: Iterable[Splice]) -> Iterator[bytes | memoryview]:
    view, position = memoryview(data), 0
    for start, end, new in sorted(splices, key=lambda splice: (splice.start, splice.end)):
        yield view[position:start]
        yield new
        position = end
    yield view[position:]


def decode_utf8(data: bytes, path: Path) -> str:
    """The text of a UTF-8 file, without its byte order mark. Raises DataError naming the first wrong byte."""
    try:
        return data.removeprefix(BOM).decode()
    except UnicodeDecodeError as error:
        at = error.start + (len(BOM) if data.startswith(BOM) else 0)
        line = data.count(b"\n", 0, at) + 1
        raise DataError(
            f"{path} is not UTF-8: byte 0x{data[at]:02x} at position {at} (line {line}). Save it as UTF-8, for example "
            f"with: iconv -f {_likely_encoding(data)} -t UTF-8 {path.name}"
        ) from error


def _likely_encoding(data: bytes) -> str:
    return "UTF-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "WINDOWS-1252"
