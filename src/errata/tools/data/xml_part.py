"""Parse the XML parts of a document that may come from anyone: no document type, so no entities, and only UTF-8."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Generic, TypeVar
from xml.parsers import expat  # it fetches nothing; entities, its one danger, are refused below

from errata.errors import DataError

T = TypeVar("T")
CHUNK = 1 << 20
TAG = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")


class XmlPart(Generic[T]):
    """A part as its elements are read: a subclass handles ``start``, ``text``, and ``end``, with names that have lost
    their namespace, and appends what it has found to ``found``."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data, self.name = data, name
        self.found: list[T] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.XmlDeclHandler = self._check_encoding
        self._parser.StartElementHandler = lambda name, given: self.start(_local(name), given)
        self._parser.EndElementHandler = lambda name: self.end(_local(name))
        self._parser.CharacterDataHandler = self.text

    def __iter__(self) -> Iterator[T]:
        """What is found, while the part is parsed. Raises DataError if it is damaged."""
        if self.data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            self._check_encoding("", "utf-16", 0)
        try:
            for position in range(0, len(self.data), CHUNK):
                self._parser.Parse(self.data[position : position + CHUNK], False)
                yield from self.found
                self.found.clear()
            self._parser.Parse(b"", True)
        except (expat.ExpatError, ValueError, KeyError, IndexError, OverflowError, RecursionError) as error:
            raise DataError(f"{self.name} is damaged ({error}): open the file and save it again.") from error

    @property
    def position(self) -> int:
        """Where the tag of the current event begins, in bytes."""
        return self._parser.CurrentByteIndex

    def end_of_tag(self, start: int) -> int:
        """Where the tag that begins there ends, in bytes."""
        tag = TAG.match(self.data, start)
        if tag is None:
            raise ValueError(f"no tag at byte {start}")
        return tag.end()

    def start(self, name: str, given: dict[str, str]) -> None: ...
    def text(self, text: str) -> None: ...
    def end(self, name: str) -> None: ...

    def _refuse_doctype(self, *_: object) -> None:
        raise DataError(f"{self.name} declares a document type, as no spreadsheet program writes it. It is not read.")

    def _check_encoding(self, _: str, encoding: str | None, __: int) -> None:
        if (encoding or "utf-8").lower() not in ("utf-8", "utf8", "us-ascii"):
            raise DataError(f"{self.name} is in {encoding}, and only UTF-8 is read: open the file and save it again.")


class Elements(XmlPart[tuple[str, dict[str, str]]]):
    """Every element of a part: its name and its attributes, also without their namespaces."""

    def start(self, name: str, given: dict[str, str]) -> None:
        self.found.append((name, {_local(key): value for key, value in given.items()}))


@lru_cache(maxsize=1000)
def _local(name: str) -> str:
    return name.rpartition(" ")[2]
