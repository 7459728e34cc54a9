"""How reliable each question of a bank is: learned from the items that people decided (ALGORITHMS B3)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from errata.prompts.options import YES
from errata.tools.judging.bank.bank import Bank, BankQuestion

TRUSTED = 0.9
"""Before anyone has decided anything, nine in ten answers to a question are assumed to be right."""
PRIOR_ANSWERS = 10
"""That assumption counts as much as this many answers on decided items."""
LEAST_USEFUL = 0.2
"""A question is dropped unless "yes" is at least this much likelier if its label is right than if it is wrong (the
other way round for a question whose answer should be no): otherwise it says nothing, or the opposite."""
INSIDE_ITEM = 0.4
"""Correlation of a judge's answers on one item: six questions are not six independent witnesses."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """P(yes | the label is right) and P(yes | it is wrong), and the number of decided items behind them."""

    yes_if_right: float
    yes_if_wrong: float
    items: int = 0

    @property
    def useful(self) -> bool:
        return abs(self.yes_if_right - self.yes_if_wrong) >= LEAST_USEFUL

    def log_odds(self, p_yes: float, p_no: float) -> float:
        """Evidence for the label, as log-odds: the judge's own probabilities, bounded by the question's reliability.
        ``p_yes`` and ``p_no`` sum to at most 1; the rest is "cannot tell" and counts for nothing."""
        right, wrong, answered = self.yes_if_right, self.yes_if_wrong, p_yes + p_no
        if answered <= 0:
            return 0.0
        yes = p_yes / answered
        full = math.log((yes * right + (1 - yes) * (1 - right)) / (yes * wrong + (1 - yes) * (1 - wrong)))
        return answered * full


@dataclass(slots=True)
class Counts:
    """Answers to one question, by whether its label was right; "cannot tell" is not counted."""

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

    Beta posterior means: ``untested`` counts as PRIOR_ANSWERS answers, and each p(yes) as a fractional answer.
    """
    by_id = {question.id: question for question in bank}
    counts: dict[str, Counts] = {}
    for label, answers in decided:
        for id_ in answers.keys() & by_id.keys():
            seen = counts.setdefault(id_, Counts())
            seen.add(by_id[id_].label == label, *answers[id_])
    return {id_: _posterior(by_id[id_], seen) for id_, seen in counts.items()}


def weight(questions: int) -> float:
    """How much each of this many answers on one item counts, so that what they share counts once."""
    return 1 / (1 + INSIDE_ITEM * (questions - 1))


def _posterior(question: BankQuestion, seen: Counts) -> Reliability:
    prior = untested(question)
    right = (PRIOR_ANSWERS * prior.yes_if_right + seen.yes[True]) / (PRIOR_ANSWERS + seen.all[True])
    wrong = (PRIOR_ANSWERS * prior.yes_if_wrong + seen.yes[False]) / (PRIOR_ANSWERS + seen.all[False])
    return Reliability(right, wrong, seen.items)
