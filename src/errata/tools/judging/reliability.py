"""How far each question of a bank can be trusted: learned from the items that people decided (ALGORITHMS B3)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from errata.prompts.options import YES
from errata.tools.judging.bank import Bank, BankQuestion

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
        right, wrong, told = self.yes_if_right, self.yes_if_wrong, p_yes + p_no
        if told <= 0:
            return 0.0
        yes = p_yes / told
        full = math.log((yes * right + (1 - yes) * (1 - right)) / (yes * wrong + (1 - yes) * (1 - wrong)))
        return told * full


def untested(question: BankQuestion) -> Reliability:
    if question.expects == YES:
        return Reliability(TRUSTED, 1 - TRUSTED)
    return Reliability(1 - TRUSTED, TRUSTED)


def learn(bank: Bank, decided: Iterable[tuple[str, Mapping[str, float]]]) -> dict[str, Reliability]:
    """Question id -> reliability, from (the label that a person gave, question id -> p(yes)) of decided items.

    Beta posterior means: ``untested`` counts as PRIOR_ANSWERS answers, a judge's p(yes) as that part of an answer.
    """
    by_id = {question.id: question for question in bank}
    sums: dict[str, list[float]] = {}
    for label, answers in decided:
        for id_, p_yes in answers.items():
            if id_ in by_id:
                yes_right, n_right, yes_wrong, n_wrong = sums.setdefault(id_, [0.0, 0.0, 0.0, 0.0])
                if by_id[id_].label == label:
                    sums[id_] = [yes_right + p_yes, n_right + 1, yes_wrong, n_wrong]
                else:
                    sums[id_] = [yes_right, n_right, yes_wrong + p_yes, n_wrong + 1]
    return {id_: _posterior(by_id[id_], *counts) for id_, counts in sums.items()}


def weight(questions: int) -> float:
    """What each of so many answers on one item counts for, with what they share taken out once."""
    return 1 / (1 + INSIDE_ITEM * (questions - 1))


def _posterior(
    question: BankQuestion, yes_right: float, n_right: float, yes_wrong: float, n_wrong: float
) -> Reliability:
    prior = untested(question)
    right = (PRIOR_ANSWERS * prior.yes_if_right + yes_right) / (PRIOR_ANSWERS + n_right)
    wrong = (PRIOR_ANSWERS * prior.yes_if_wrong + yes_wrong) / (PRIOR_ANSWERS + n_wrong)
    return Reliability(right, wrong, int(n_right + n_wrong))
