"""Find the encoding of a text file, read it as UTF-8, and write it back in its own encoding."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from errata.errors import DataError, SetupError

UTF8 = "utf-8"
MARKS = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins like the mark of utf-16-le
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
LIKELY = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257")
"""What Windows programs write without saying so: Western, Central European, Cyrillic, Greek, Turkish, Baltic."""

MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
WORD = re.compile(r"\S+")
SHOWN = 3


def as_utf8(data: bytes, path: Path, encoding: str | None = None) -> tuple[bytes, str]:
    """The file as UTF-8, a byte order mark included, and the name of its encoding: ``encoding`` or the detected one.

    Raises SetupError for an unknown encoding. Raises DataError for a file that is not in its encoding, or would not be
    written back with the same bytes, and for one whose encoding has to be named.
    """
    known = _checked(encoding, data) if encoding else _detected(data, path)
    try:
        text = data.decode(known)
        same = known == UTF8 or text.encode(known) == data
    except UnicodeError as error:
        at = getattr(error, "start", 0)
        raise DataError(
            f"{path} is not in the encoding {known}: byte 0x{data[at]:02x} at position {at} (line "
            f"{_line(data, at)}) has no meaning in it. Name another with --encoding, or save the file as UTF-8."
        ) from error
    if not same:
        raise DataError(f"{path} cannot be written back in {known} with the same bytes. Save it as UTF-8.")
    return data if known == UTF8 else text.encode(), known


def from_utf8(data: bytes, encoding: str, path: Path) -> bytes:
    """Written in a file's own encoding. Raises DataError, naming the word, for a character that it does not have."""
    text = data.decode()
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        start, end = text.rfind("\n", 0, error.start) + 1, text.find("\n", error.end)
        line = text[start : end if end >= 0 else None]
        word = next(match[0] for match in WORD.finditer(line) if match.end() > error.start - start)
        raise DataError(
            f"{path.name} is in {encoding}, which cannot write {text[error.start]!r} (in {word!r:.60}). Nothing was "
            "written: decide on another label, or save the data as UTF-8 first."
        ) from error


def _checked(name: str, data: bytes) -> str:
    try:
        known = codecs.lookup(name).name
        "a".encode(known)
    except (LookupError, UnicodeError, ValueError):
        raise SetupError(
            f"--encoding takes the name of a text encoding, such as cp1252 or utf-16; got {name!r:.60}."
        ) from None
    if known == "utf-8-sig":
        return UTF8
    if known in ("utf-16", "utf-32"):
        marked = next((own for mark, own in MARKS if data.startswith(mark) and own.startswith(known)), None)
        if marked is None:
            raise SetupError(f"The file has no byte order mark: say --encoding {known}-le or --encoding {known}-be.")
        return marked
    return known


def _detected(data: bytes, path: Path) -> str:
    for mark, name in MARKS:
        if data.startswith(mark):
            return name
    if data[:4:2] == b"\0\0" or data[1:4:2] == b"\0\0":
        return "utf-16-be" if data[0] == 0 else "utf-16-le"
    try:
        data.decode()
    except UnicodeDecodeError as error:
        readings = _readings(data)
        # What is UTF-8 elsewhere is damaged UTF-8.
        if not MULTIBYTE.search(data) and len({*readings.values()}) == 1 and LIKELY[0] in readings:
            return LIKELY[0]
        raise _unclear(data, path, error.start, readings) from error
    return UTF8


def _readings(data: bytes) -> dict[str, str]:
    """The file in each of the likely encodings, except those in which a word would mix alphabets."""
    found = {}
    for name in LIKELY:
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if all(len({*map(_alphabet, filter(str.isalpha, word))}) <= 1 for word in {*_odd_words(text)}):
            found[name] = text
    return found


def _odd_words(text: str) -> list[str]:
    return [word for word in re.findall(r"\w+", text) if not word.isascii()]


def _alphabet(letter: str) -> str:
    return unicodedata.name(letter, "?").partition(" ")[0]


def _unclear(data: bytes, path: Path, at: int, readings: dict[str, str]) -> DataError:
    said = f"{path} is not UTF-8: byte 0x{data[at]:02x} at position {at} (line {_line(data, at)})."
    if not readings or MULTIBYTE.search(data):
        return DataError(f"{said} Name its encoding with --encoding, or save it as UTF-8.")
    start, end = _telling_word(list(readings.values()))
    shown = dict[str, str]()
    for name, text in readings.items():
        shown.setdefault(text[start:end], name)
    ways = ", ".join(f"{name} if it says {word!r:.40}" for word, name in list(shown.items())[:SHOWN])
    return DataError(f"{said} Which encoding is it? Pass --encoding: {ways}. Or save it as UTF-8.")


def _telling_word(readings: Sequence[str]) -> tuple[int, int]:
    """The span of the first word that the readings spell differently, or else of the first that is not ASCII."""
    text = readings[0]
    differ = (place for place, letters in enumerate(zip(*readings, strict=True)) if len({*letters}) > 1)
    start = next(differ, None) or next(place for place, letter in enumerate(text) if not letter.isascii())
    end = start + 1
    while start and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return start, end


def _line(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1
