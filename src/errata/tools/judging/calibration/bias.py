"""Two biases of a judge, in log-odds: toward the option shown first, and toward the label that it is shown as given."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from errata.errors import DataError
from errata.tools.judging.door import Door
from errata.tools.judging.protocols import blind_choice
from errata.tools.judging.reading.reading import Style
from errata.tools.odds import log_odds
from errata.types import Item, LabelSpace, Verdict

ANCHORED_ID = "anchored_choice"
NORMAL_95 = 1.96


class Bias(NamedTuple):
    """``mean`` in log-odds, 0 = none, and the half width of its 95% interval, over ``n`` items."""

    mean: float
    within: float
    n: int

    def __str__(self) -> str:
        return f"{self.mean:+.2f} ± {self.within:.2f}" if self.n > 1 else "unknown"


def bias_of(values: Iterable[float]) -> Bias:
    """Mean and interval of one bias measured on each of several items; NaN where there are too few."""
    found = np.array(list(values), dtype=float)
    if len(found) < 2:
        return Bias(math.nan, math.nan, len(found))
    return Bias(float(found.mean()), float(NORMAL_95 * found.std(ddof=1) / math.sqrt(len(found))), len(found))


def position_bias(verdicts: Iterable[Verdict]) -> Bias:
    """Over one judge's verdicts of blind choice or contest: positive = it favors the option shown first."""
    return bias_of(verdict.position_bias for verdict in verdicts if verdict.position_bias is not None)


def anchor_bias(pairs: Iterable[tuple[Verdict, Verdict]], shown: Sequence[str]) -> Bias:
    """How much the log-odds of the ``shown`` label rise when the judge reads that the dataset has it.

    ``pairs`` are the verdicts of one item without and with that line; pairs with an unreadable one are left out.
    Positive = the judge relies on the label that it is shown.
    """
    return bias_of(
        log_odds(anchored.log_probs[label]) - log_odds(blind.log_probs[label])
        for (blind, anchored), label in zip(pairs, shown, strict=True)
        if blind.readable and anchored.readable
    )


async def ask_both_ways(
    door: Door,
    asked: Sequence[tuple[Item, Sequence[str], str]],
    space: LabelSpace,
    *,
    style: Style = "letters",
    guideline: str = "",
) -> list[tuple[Verdict, Verdict]]:
    """For each (item, candidates, label to show): the blind choice, and the same question with the label shown.

    Four calls an item; those of the blind choice are in the cache if the run made them. Raises what ``Door.ask``
    raises, except for refusals.
    """

    async def both(item: Item, candidates: Sequence[str], shown: str) -> tuple[Verdict, Verdict]:
        return await asyncio.gather(
            blind_choice.ask(door, item, candidates, space, style=style, guideline=guideline),
            anchored_choice(door, item, candidates, shown, space, style=style, guideline=guideline),
        )

    return await asyncio.gather(*(both(*each) for each in asked))


async def anchored_choice(
    door: Door,
    item: Item,
    candidates: Sequence[str],
    shown: str,
    space: LabelSpace,
    *,
    style: Style = "letters",
    guideline: str = "",
) -> Verdict:
    """Blind choice, word for word and in the same orders, but for one line: the dataset says ``shown``.

    It measures the judge; it is never evidence about the item. DataError where ``shown`` is no candidate.
    """
    if shown not in candidates:
        raise DataError(f"The label to show, {shown!r}, is not among the candidates {sorted(candidates)}: add it.")
    return await blind_choice.ask(
        door,
        item,
        candidates,
        space,
        style=style,
        guideline=guideline,
        prompt_id=ANCHORED_ID,
        slots={"given": shown},
    )
