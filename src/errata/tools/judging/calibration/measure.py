"""Measure a judge's prior: the blind choice on content-free items, through the door like any other question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from errata.prompts import load
from errata.tools.judging.calibration.prior import Prior, over_labels
from errata.tools.judging.door import Door
from errata.tools.judging.protocols import blind_choice
from errata.tools.judging.reading.reading import Style
from errata.tools.judging.together import together
from errata.types import Item, LabelSpace, Verdict

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
) -> tuple[Prior, list[Verdict]]:
    """The prior of blind choice, from content-free ``items``, and the verdicts on them.

    ``sets`` are label sets as the run asks about them: all labels, or several sets of candidates, used in turn. Takes
    max(len(items), len(sets)) * permutations calls. Raises what ``Door.ask`` raises, except for refusals.
    """
    verdicts = await together(
        blind_choice.ask(door, item, labels, space, style=style, permutations=permutations, guideline=guideline)
        for item, labels in _in_turn(items, sets)
    )
    answered = sum(verdict.readable for verdict in verdicts)
    prior = Prior(door.model.name, load(blind_choice.PROMPT_ID).ref.sha, style, over_labels(verdicts), answered)
    return prior, verdicts


def _in_turn(items: Sequence[Item], sets: Sequence[T]) -> list[tuple[Item, T]]:
    """Pair items with sets so that each occurs at least once."""
    return [(items[i % len(items)], sets[i % len(sets)]) for i in range(max(len(items), len(sets)))]
