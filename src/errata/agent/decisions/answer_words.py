"""The words with which a person answers in a spreadsheet: the labels, and a few that stand for something else."""

from __future__ import annotations

from collections.abc import Mapping

from errata.errors import nearest
from errata.tools.data.spelling import fold
from errata.tools.visible import one_line, visible
from errata.types import OTHER_ANSWERS, LabelSpace

ACCEPT, KEEP = "accept", "keep"
WORDS = (ACCEPT, KEEP, *OTHER_ANSWERS)
LONGEST = 60


class AnswerWords:
    """``offered``: every word, those that are no labels first. A label that is spelled like one of them is the
    label. ``blind``: nothing given or proposed is in sight, so that nothing can be kept or accepted."""

    def __init__(self, space: LabelSpace, *, blind: bool = False) -> None:
        taken = {fold(name) for name in space.names}
        known = OTHER_ANSWERS if blind else WORDS
        self._words: Mapping[str, str] = {fold(word.replace("_", " ")): word for word in known if word not in taken}
        self._labels = {visible(label): label for label in space.index()} | {label: label for label in space.index()}
        self._folded: dict[str, set[str | None]] = {}
        for label in space.index():
            self._folded.setdefault(fold(label), set()).add(space.canonical(label))
        self.offered = (*self._words.values(), *map(visible, space.names))

    def read(self, typed: str) -> tuple[str, str | None] | None:
        """("label", the label), or (one of WORDS, None); None for anything else. Case and blanks do not matter where
        only one label is meant."""
        if typed in self._labels:
            return "label", self._labels[typed]
        word = self._words.get(fold(typed.replace("_", " ")))
        if word is not None:
            return word, None
        alike = self._folded.get(fold(typed), set())
        return ("label", next(iter(alike))) if len(alike) == 1 else None

    def no_answer(self, typed: str) -> str:
        """Why it is not taken, with the nearest answer."""
        shown = one_line(typed, LONGEST)
        return f"{shown!r} is no answer{nearest(shown, self.offered)}"
