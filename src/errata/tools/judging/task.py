"""One question as a protocol gets it: what to ask of one item, and how."""

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
    """An item with the ``answer`` that this judge gave when it was shown alone: a label, said decisively."""

    item: Item
    answer: str


@dataclass(frozen=True, slots=True)
class JudgeTask:
    """What to ask of one item: under ``protocol``, about ``labels``. A contest is between the first two of them; an
    image-text pair has the label of a match first, that of a mismatch second; a control has two ``control_items`` and
    the label that is ``favored`` as things stand, "" for none; a marked choice has a ``region``."""

    item: Item
    protocol: str
    labels: tuple[str, ...] = ()
    control_items: tuple[ControlItem, ...] = ()
    region: Region | None = None
    favored: str = ""

    @property
    def held_bytes(self) -> int:
        """About how much memory its images take."""
        return sum(map(held_bytes, (self.item, *(control.item for control in self.control_items))))


@dataclass(frozen=True, slots=True)
class JudgeSetup:
    """How to ask. ``space`` gives the labels their definitions; ``permutations`` is for blind choice (a contest
    always has two orders), ``bank`` for the question bank. ``context_tokens``: how much the judge takes at once; None
    where that is not known."""

    space: LabelSpace
    guideline: str = ""
    style: Style = "letters"
    permutations: int = 2
    bank: Bank = ()
    context_tokens: int | None = None

    def about(self, labels: Sequence[str]) -> JudgeSetup:
        """The same for a question about these labels: of a guideline too long for the judge, what bears on them."""
        said = excerpt(self.guideline, self.space, labels, self.context_tokens)
        return self if said == self.guideline else replace(self, guideline=said)
