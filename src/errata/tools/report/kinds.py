"""Kinds of errors and how severe they are, as far as they follow from what is proposed.

Vasudevan et al. 2022, "When does dough become a bagel?": what is left of a model's mistakes once people look at each is
of few kinds (labels that are much alike, no label that fits, several that do), and some are worse than others. errata
counts the kinds that need nobody's reading; a change is severe if it leaves the parent that the user's tree gives the
label, which without a tree nobody knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from errata.types import Outcome

Kind = Literal["copies", "none_of_these", "several", "ambiguous", "alike", "pair", "slip"]
AGAIN, SHARE = 5, 0.25
"""A pair of labels is confused again and again if at least so many items, and at least this share of what is to change
of the given label, go from one to the other."""

IN_WORDS: dict[Kind, str] = {
    "copies": "copies of one content under different labels",
    "none_of_these": "no label fits",
    "several": "several labels fit",
    "ambiguous": "two labels are too close to say",
    "alike": "labels that are much alike: under one parent",
    "pair": "one label for another, again and again",
    "slip": "single slips",
}


class Finding(NamedTuple):
    """One suspected label. ``disagrees``: a copy of the item has another label. ``severe``: whether the change leaves
    the label's parent, None if there is no tree or no change."""

    given: str
    outcome: Outcome
    proposed: str | None
    disagrees: bool = False
    severe: bool | None = None


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """``items`` of one kind; ``severe`` and ``minor`` are those of them whose severity is known."""

    kind: Kind
    items: int
    severe: int
    minor: int

    @property
    def words(self) -> str:
        return IN_WORDS[self.kind]


def error_kinds(findings: Sequence[Finding]) -> tuple[ErrorKind, ...]:
    """How many of each kind there are, in the order of IN_WORDS; each finding counts once, for the first that fits."""
    changes = Counter((found.given, found.proposed) for found in findings if found.outcome == "relabel")
    from_label = Counter(found.given for found in findings if found.outcome == "relabel")

    def kind_of(found: Finding) -> Kind:
        if found.disagrees:
            return "copies"
        if found.outcome in ("none_of_these", "several", "ambiguous"):
            return found.outcome
        if found.severe is False:
            return "alike"
        times = changes[found.given, found.proposed]
        return "pair" if times >= max(AGAIN, SHARE * from_label[found.given]) else "slip"

    kinds = [(kind_of(found), found.severe) for found in findings if found.outcome != "keep"]
    items, known = Counter(kind for kind, _ in kinds), Counter(kinds)
    return tuple(
        ErrorKind(kind, items[kind], known[kind, True], known[kind, False]) for kind in IN_WORDS if items[kind]
    )
