"""How far people agree, and how reliable each is: JSON-plain, for the report and the status."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreed:
    """Krippendorff's alpha of the votes on ``items``, with a 95% interval; None if it cannot be measured. ``after``:
    the same with every decided item's votes as the decision has them; None before any decision."""

    alpha: float | None
    low: float | None
    high: float | None
    items: int
    after: float | None = None

    @property
    def figures(self) -> str:
        """``0.74, 0.62 to 0.85``."""
        if self.alpha is None or self.low is None or self.high is None:
            return "cannot be measured"
        after = "" if self.after is None else f"; after decisions {self.after:.2f}"
        return f"{self.alpha:.2f}, {self.low:.2f} to {self.high:.2f}{after}"


@dataclass(frozen=True, slots=True)
class OfLabel:
    """How far people agree on what has this label."""

    label: str
    agreed: Agreed


@dataclass(frozen=True, slots=True)
class OfPair:
    """How far two annotators agree."""

    one: str
    other: str
    agreed: Agreed


@dataclass(frozen=True, slots=True)
class OfAnnotator:
    """``accuracy`` in [0, 1]: the estimated share of right votes, with a 95% interval. ``confusions``: notable ones, in
    words. ``history``: steady, careless_now, or systematically_biased. ``ask_again``: which of the votes to ask for
    again, in words; "" for none."""

    name: str
    votes: int
    accuracy: float
    low: float
    high: float
    confusions: tuple[str, ...]
    history: str
    ask_again: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """``measure`` of alpha: "nominal", or "ordinal" if far votes weigh more. ``contested``: ids of the
    undecided items on which the votes say least, for which one more vote says most. ``faults``: what the guideline
    leaves open, in words. ``pairs``: those with the most items in common; ``annotators``: the least accurate first."""

    votes: int
    items: int
    measure: str
    overall: Agreed
    labels: tuple[OfLabel, ...]
    pairs: tuple[OfPair, ...]
    annotators: tuple[OfAnnotator, ...]
    contested: tuple[str, ...]
    faults: tuple[str, ...]
    remark: str = ""

    @property
    def sentence(self) -> str:
        """One line for every screen."""
        people = len(self.annotators)
        said = f"{self.votes:,} votes of {people:,} annotator{'s' * (people != 1)}"
        return f"{said}; Krippendorff's alpha ({self.measure}) {self.overall.figures}"
