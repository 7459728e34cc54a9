"""What has changed in a guideline since something was judged or decided under it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from errata.tools.guideline.class_names import words_of
from errata.tools.guideline.guideline import Guideline, key, same_words
from errata.tools.guideline.units import About, parts


@dataclass(frozen=True)
class Rewording:
    """From ``then`` to ``now``. Classes renamed since are followed; added or removed classes do not affect the
    others."""

    then: Guideline
    now: Guideline

    def touched(self, labels: Iterable[str], recorded: Mapping[str, str]) -> About | None:
        """The first statement about these labels that has changed since: () in general, a class, or a pair, by their
        former names. None if all of it still holds.

        ``recorded``: what was said then, as recorded; if an older errata did not record it, it is taken from ``then``.
        """
        if self._unchanged:
            return None
        said_then = recorded or self.then.said
        for about in parts(labels):
            today = tuple(str(self.now.space.today(name)) for name in about)
            hashes = {said.get(key(today), "") for said in self._said_now}
            if self._classes.issuperset(today) and said_then.get(key(about), "") not in hashes:
                return about
        return None

    def redefined(self, name: str) -> bool:
        """Whether the definition of a former class is different now."""
        return self.then.meaning(name)[0] != self.now.meaning(str(self.now.space.today(name)))[0]

    @cached_property
    def _classes(self) -> frozenset[str]:
        return frozenset(self.now.space.names)

    @cached_property
    def _unchanged(self) -> bool:
        today = [(name, str(self.now.space.today(name))) for name in self.then.space.names]
        return same_words(self.then.text, self.now.text) and all(
            self.then.meaning(name) == self.now.meaning(new) for name, new in today if new in self._classes
        )

    @cached_property
    def _said_now(self) -> tuple[Mapping[str, str], ...]:
        """By the words for the former classes, and by those for today's as well: a new class may have been mentioned
        before it was one, or have its own section now. A statement about another class counts as unchanged if it is so
        by either."""
        today = self.now.space.today
        then = [(word, str(today(name))) for word, name in words_of(self.then.space)]
        old = {name for _, name in then}
        now = words_of(self.now.space)
        guideline = self.then if same_words(self.then.text, self.now.text) else self.now
        guideline = Guideline(guideline.text, self.now.space)
        return tuple(
            guideline.said_by([*then, *(one for one in now if one[1] in names)]) for names in (old, self._classes)
        )
