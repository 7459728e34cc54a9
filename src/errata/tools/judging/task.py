"""One question as a protocol receives it: what to ask about one item, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from errata.tools.guideline.excerpt import excerpt
from errata.tools.judging.bank.bank import Bank
from errata.tools.judging.images.images import held_bytes
from errata.tools.judging.images.region import Region
from errata.tools.judging.reading.reading import Style
from errata.types import Item, LabelSpace


@dataclass(frozen=True, slots=True)
class ControlItem:
    """An item, and the label that this judge decisively gave as its ``answer`` when shown the item alone."""

    item: Item
    answer: str


@dataclass(frozen=True, slots=True)
class JudgeTask:
    """What to ask about one item: under ``protocol``, about ``labels``. A contest is between the first two of them; an
    image-text pair has the label of a match first, that of a mismatch second; a control has two ``control_items`` and
    the currently ``favored`` label, "" for none; a marked choice has a ``region``."""

    item: Item
    protocol: str
    labels: tuple[str, ...] = ()
    control_items: tuple[ControlItem, ...] = ()
    region: Region | None = None
    favored: str = ""

    @property
    def rests_on(self) -> tuple[str, ...]:
        """The names whose meaning the question rests on."""
        return (self.item.place,) if self.item.place else self.labels

    @property
    def held_bytes(self) -> int:
        """Approximately how much memory its images take."""
        return sum(map(held_bytes, (self.item, *(control.item for control in self.control_items))))


@dataclass(frozen=True, slots=True)
class JudgeSetup:
    """How to ask. ``space`` gives the labels' definitions; ``permutations`` is for blind choice (a contest always has
    two orders), ``bank`` for the question bank. ``context_tokens``: the judge's context length; None if unknown."""

    space: LabelSpace
    guideline: str = ""
    style: Style = "letters"
    permutations: int = 2
    bank: Bank = ()
    context_tokens: int | None = None

    def about(self, labels: Sequence[str]) -> JudgeSetup:
        """The setup for a question about these labels: a guideline too long for the judge is cut to what concerns
        them."""
        said = excerpt(self.guideline, self.space, labels, self.context_tokens)
        return self if said == self.guideline else replace(self, guideline=said)
