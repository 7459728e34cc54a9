"""How far each question of a bank can be trusted: learned from the items that people decided (ALGORITHMS B3)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from errata.prompts.options import YES
from errata.tools.judging.bank.bank import Bank, BankQuestion

TRUSTED = 0.9
"""Before anybody decided anything, nine in ten answers to a question are believed to be right."""
PRIOR_ANSWERS = 10
"""The belief above counts as much as this many answers on decided items."""
LEAST_USEFUL = 0.2
"""A question is dropped where "yes" is not at least this much likelier if its label is right than if it is wrong (the
other way round for a question whose answer should be no): it tells nothing, or the opposite."""
INSIDE_ITEM = 0.4
"""Correlation of a judge's answers on one item: six questions are no six witnesses."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """P(yes | the label is right) and P(yes | it is wrong), and on how many decided items that rests."""

    yes_if_right: float
    yes_if_wrong: float
    items: int = 0

    @property
    def useful(self) -> bool:
        return abs(self.yes_if_right - self.yes_if_wrong) >= LEAST_USEFUL

    def log_odds(self, p_yes: float, p_no: float) -> float:
        """Evidence for the label, as log-odds: the judge's own probabilities, bounded by how far the question is to be
        trusted. ``p_yes`` and ``p_no`` sum to at most 1; what is missing is "cannot tell" and weighs nothing."""
        right, wrong, answered = self.yes_if_right, self.yes_if_wrong, p_yes + p_no
        if answered <= 0:
            return 0.0
        yes = p_yes / answered
        full = math.log((yes * right + (1 - yes) * (1 - right)) / (yes * wrong + (1 - yes) * (1 - wrong)))
        return answered * full


@dataclass(slots=True)
class Counts:
    """Answers to one question, by whether its label was right; "cannot tell" counts for nothing."""

    yes: dict[bool, float] = field(default_factory=lambda: {True: 0.0, False: 0.0})
    all: dict[bool, float] = field(default_factory=lambda: {True: 0.0, False: 0.0})
    items: int = 0

    def add(self, right: bool, p_yes: float, p_no: float) -> None:
        self.yes[right] += p_yes
        self.all[right] += p_yes + p_no
        self.items += 1


def untested(question: BankQuestion) -> Reliability:
    if question.expects == YES:
        return Reliability(TRUSTED, 1 - TRUSTED)
    return Reliability(1 - TRUSTED, TRUSTED)


def learn(bank: Bank, decided: Iterable[tuple[str, Mapping[str, tuple[float, float]]]]) -> dict[str, Reliability]:
    """Question id -> reliability, from (the label that a person gave, question id -> (p(yes), p(no))) of decided items.

    Beta posterior means: ``untested`` counts as PRIOR_ANSWERS answers, and p(yes) as that part of one.
    """
    by_id = {question.id: question for question in bank}
    counts: dict[str, Counts] = {}
    for label, answers in decided:
        for id_ in answers.keys() & by_id.keys():
            seen = counts.setdefault(id_, Counts())
            seen.add(by_id[id_].label == label, *answers[id_])
    return {id_: _posterior(by_id[id_], seen) for id_, seen in counts.items()}


def weight(questions: int) -> float:
    """What each of so many answers on one item counts for, with what they share taken out once."""
    return 1 / (1 + INSIDE_ITEM * (questions - 1))


def _posterior(question: BankQuestion, seen: Counts) -> Reliability:
    prior = untested(question)
    right = (PRIOR_ANSWERS * prior.yes_if_right + seen.yes[True]) / (PRIOR_ANSWERS + seen.all[True])
    wrong = (PRIOR_ANSWERS * prior.yes_if_wrong + seen.yes[False]) / (PRIOR_ANSWERS + seen.all[False])
    return Reliability(right, wrong, seen.items)
