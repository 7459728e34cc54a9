"""What a judging protocol defines: when and about what it is worth asking, its price, how it asks, and its words."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from errata import words
from errata.tools.inference.suspects import CLEARLY_RIGHT
from errata.tools.judging.door import Door
from errata.tools.judging.reading.reading import favorite
from errata.tools.judging.task import ControlItem, JudgeSetup, JudgeTask
from errata.types import Outcome, Verdict


class AnnotationEvidence(NamedTuple):
    """What is known about one annotation when a protocol is chosen.

    ``given``: its label's class, None if it has none. ``challenger``: the likeliest other label, None if there is none.
    ``given_holds`` in [0, 1], low = bad: probability that the given label is right. ``undecided``: whether another
    judge's answer could still change the outcome. ``outcome``: the least costly one now. ``candidates``: the labels
    that an open choice would offer.
    """

    given: str | None
    challenger: str | None
    given_holds: float
    undecided: bool
    outcome: Outcome
    candidates: tuple[str, ...]

    @property
    def rivals(self) -> tuple[str, str] | None:
        """The given label and the one to compare it with; None if the given one is clearly right or has no rival."""
        if self.given is None or self.challenger is None or self.given_holds >= CLEARLY_RIGHT:
            return None
        return self.given, self.challenger


class JudgingProtocol(ABC):
    """One way to ask a judge about one annotation.

    Other packages offer an instance as an entry point of the group ``errata.protocols``. ``name`` is its name in
    settings and stored verdicts, ``title`` what a person reads (by default the words of the name), ``adds`` says in one
    line what it finds out; ``tasks`` are the kinds of labels it can ask about.
    """

    name: ClassVar[str]
    title: ClassVar[str] = ""
    adds: ClassVar[str]
    tasks: ClassVar[tuple[str, ...]] = ("single", "match")
    measurable: ClassVar[bool] = True
    """Whether its verdicts say which label an item has, and so can be compared with trusted ones."""
    shows_given: ClassVar[bool] = False
    """Whether the judge is shown the item's label: then it is also measured on wrong ones."""

    @abstractmethod
    def about(self, known: AnnotationEvidence) -> tuple[str, ...] | None:
        """The labels to ask about, () for a question that names none; None if asking now would add nothing."""

    @abstractmethod
    def calls(self, labels: int, setup: JudgeSetup) -> int:
        """The most calls that one question about this many labels takes."""

    @abstractmethod
    async def ask(self, door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
        """Ask it. Raises what ``Door.ask`` raises, except for refusals of this item, and DataError if the task lacks
        what the protocol needs."""

    def in_words(self, verdict: Verdict, given: str | None) -> str:
        """The verdict as part of a sentence; ``given`` is the class of the given label."""
        if not verdict.readable:
            return f"{verdict.judge} gave no readable answer"
        best = favorite(verdict.log_probs)
        return self.says(verdict, given, f"{words.answer(best)} ({math.exp(verdict.log_probs[best]):.2f})")

    @abstractmethod
    def says(self, verdict: Verdict, given: str | None, answer: str) -> str:
        """A readable verdict as part of a sentence; ``answer`` is its likeliest answer, such as "cat (0.93)"."""


class Control(JudgingProtocol):
    """A protocol that finds out whether an item changes a judge's answers about others shown next to it.

    It asks about two control items next to the item. Their answers are known, because the judge was first asked about
    each of them alone, under the protocol called ``alone``, whose verdicts are over labels. Its own verdicts are over
    MOVED or NAMED, and UNMOVED, of ``held_back``: they say something about the judge and can hold an item back, but
    never decide a label. Suspects get it only if most control items leave each other's answers alone.
    """

    alone: ClassVar[str]

    @abstractmethod
    def beside(
        self, usable: Sequence[ControlItem], content_sha: str, favored: str, rivals: Sequence[str]
    ) -> tuple[ControlItem, ControlItem] | None:
        """Two of the ``usable`` control items for the item with this content, whose likeliest label is ``favored`` (""
        for none); ``rivals`` are its other labels, the likeliest first. None if no two of them would tell anything."""
