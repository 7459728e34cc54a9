"""Pair fits: whether the two parts of a pair fit each other."""

from __future__ import annotations

from errata.tools.judging.door import Door
from errata.tools.judging.images.images import ItemImage
from errata.tools.judging.protocols.fit import FitProtocol, put_in_both_orders
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import Verdict

PROMPT_ID = "pair_fits"


class PairFits(FitProtocol):
    name = PROMPT_ID
    title = "whether the two parts fit"
    adds = "whether the two parts of a pair fit each other"

    async def ask(self, door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
        """Over the space's two labels, that of a match first."""
        match, mismatch = setup.space.names[:2]
        return await put_in_both_orders(
            door,
            PROMPT_ID,
            task.item,
            ItemImage.of(task.item),
            (match, mismatch),
            setup.space,
            style=setup.style,
            guideline=setup.guideline,
        )

    def says(self, verdict: Verdict, given: str | None, answer: str) -> str:
        return f"asked whether the two parts fit, the judge said {answer}"


PROTOCOL = PairFits()
