"""Measure a judge's prior: the protocols put to content-free items, through the door like any other question."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TypeVar

from errata.prompts import load
from errata.tools.judging.bank.bank import Bank
from errata.tools.judging.calibration.prior import Prior, over_labels, over_questions
from errata.tools.judging.door import Door
from errata.tools.judging.protocols import blind_choice, contest, question_bank
from errata.tools.judging.reading.reading import Style
from errata.types import Item, LabelSpace

T = TypeVar("T")


async def choice_prior(
    door: Door,
    items: Sequence[Item],
    sets: Sequence[Sequence[str]],
    space: LabelSpace,
    *,
    style: Style = "letters",
    permutations: int = 2,
    guideline: str = "",
) -> Prior:
    """The prior of blind choice, from content-free ``items``.

    ``sets`` are label sets as the run asks about them: all labels, or several sets of candidates, put in turn. Takes
    max(len(items), len(sets)) * permutations calls. Raises what ``Door.ask`` raises, except for refusals.
    """
    verdicts = await asyncio.gather(
        *(
            blind_choice.ask(door, item, labels, space, style=style, permutations=permutations, guideline=guideline)
            for item, labels in _in_turn(items, sets)
        )
    )
    answered = sum(verdict.readable for verdict in verdicts)
    return Prior(door.model.name, load(blind_choice.PROMPT_ID).ref.sha, style, over_labels(verdicts), answered)


async def contest_prior(
    door: Door,
    items: Sequence[Item],
    pairs: Sequence[tuple[str, str]],
    space: LabelSpace,
    *,
    style: Style = "letters",
    guideline: str = "",
) -> Prior:
    """The prior of contests between the labels of each of ``pairs``, put in turn. Takes max(len(items), len(pairs)) * 2
    calls. Raises what ``Door.ask`` raises, except for refusals."""
    verdicts = await asyncio.gather(
        *(
            contest.ask(door, item, first, second, space, style=style, guideline=guideline)
            for item, (first, second) in _in_turn(items, pairs)
        )
    )
    answered = sum(verdict.readable for verdict in verdicts)
    return Prior(door.model.name, load(contest.PROMPT_ID).ref.sha, style, over_labels(verdicts), answered)


async def bank_prior(
    door: Door, items: Sequence[Item], bank: Bank, space: LabelSpace, *, style: Style = "letters", guideline: str = ""
) -> Prior:
    """The prior of each question of ``bank``. Takes a call for each item and question. Raises what ``Door.ask``
    raises, except for refusals."""
    labels = sorted({question.label for question in bank})
    verdicts = await asyncio.gather(
        *(question_bank.ask(door, item, labels, bank, space, style=style, guideline=guideline) for item in items)
    )
    kinds = {question.id: (question.kind, question.expects) for question in bank}
    answered = sum(bool(verdict.answers) for verdict in verdicts)
    log_odds = over_questions(verdicts, kinds)
    return Prior(door.model.name, load(question_bank.PROMPT_ID).ref.sha, style, log_odds, answered)


def _in_turn(items: Sequence[Item], sets: Sequence[T]) -> list[tuple[Item, T]]:
    """Every item and every set at least once."""
    return [(items[i % len(items)], sets[i % len(sets)]) for i in range(max(len(items), len(sets)))]
