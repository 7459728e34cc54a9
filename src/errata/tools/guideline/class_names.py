"""Find which classes a text names, by any of their names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from errata.tools.data.spelling import fold
from errata.types import LabelSpace

Word = tuple[str, str]
"""A word for a class, and the name of the class."""


def words_of(space: LabelSpace) -> list[Word]:
    """All words for the classes of a label space: their names, other spellings, and former names."""
    return [*((name, name) for name in space.defined), *space.spellings.items(), *space.renames.items()]


class ClassNames:
    """Finds whole words, ignoring case and treating blanks, ``_``, and ``-`` as the same; of overlapping words the
    longest counts. A class whose name is an everyday word (``no``, ``other``) is found wherever that word occurs.
    """

    def __init__(self, words: Iterable[Word]) -> None:
        self._classes: dict[str, set[str]] = {}
        for word, name in words:
            if plain := _plain(word):
                self._classes.setdefault(plain, set()).add(name)
        longest_first = sorted(self._classes, key=len, reverse=True)
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")

    def named(self, text: str) -> frozenset[str]:
        """The classes that a text names."""
        found = set(self._pattern.findall(_plain(text)))
        return frozenset().union(*(self._classes[word] for word in found if word))


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", fold(text)).strip()
