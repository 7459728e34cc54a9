"""Marked choice: a blind choice about a box or a mask, shown as its crop or as an outline on the whole image."""

from __future__ import annotations

from collections.abc import Sequence

from errata.errors import DataError
from errata.tools.judging.door import Door
from errata.tools.judging.images.region import Region, RegionImage, View
from errata.tools.judging.protocol import AnnotationEvidence, JudgingProtocol
from errata.tools.judging.protocols import blind_choice
from errata.tools.judging.reading.reading import Style
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import Item, LabelSpace, Verdict

PROMPT_ID = "marked_choice"


async def ask(
    door: Door,
    item: Item,
    region: Region,
    candidates: Sequence[str],
    space: LabelSpace,
    *,
    view: View = "overlay",
    style: Style = "letters",
    permutations: int = 2,
    guideline: str = "",
) -> Verdict:
    """The verdict on what ``region`` marks. A crop is asked about like an item of its own; an overlay shows the
    surroundings too and says that only the marked part counts.

    Raises DataError for an item without an image, and what ``Door.ask`` raises, except for refusals of this item.
    """
    if item.image is None:
        raise DataError(f"Item {item.item_id!r} has no image to mark a region in.")
    return await blind_choice.ask(
        door,
        item,
        candidates,
        space,
        style=style,
        permutations=permutations,
        guideline=guideline,
        images=(RegionImage(item.image, region, view),),
        prompt_id=PROMPT_ID if view == "overlay" else blind_choice.PROMPT_ID,
    )


class MarkedChoice(JudgingProtocol):
    name = PROMPT_ID
    title = "shown what is marked, not the given label"
    adds = "which label the judge would choose for what a box or a mask marks"
    tasks = ("boxes",)

    def about(self, known: AnnotationEvidence) -> tuple[str, ...]:
        return known.candidates

    def calls(self, labels: int, setup: JudgeSetup) -> int:
        return setup.permutations

    async def ask(self, door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
        if task.region is None:
            raise DataError(f"Item {task.item.item_id!r} has no region: a marked choice needs a box or a mask.")
        return await ask(
            door,
            task.item,
            task.region,
            task.labels,
            setup.space,
            style=setup.style,
            permutations=setup.permutations,
            guideline=setup.guideline,
        )

    def says(self, verdict: Verdict, given: str | None, answer: str) -> str:
        return f"the judge, shown what is marked and not the given label, said {answer}"


PROTOCOL = MarkedChoice()
