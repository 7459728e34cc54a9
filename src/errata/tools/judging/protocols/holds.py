"""Holds: whether one mark holds for the item, alone or beside others. What the item is marked with is not shown."""

from __future__ import annotations

from dataclasses import replace

from errata.errors import DataError
from errata.tools.judging.door import Door
from errata.tools.judging.protocol import AnnotationEvidence, JudgingProtocol
from errata.tools.judging.protocols import several_labels
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import CANNOT_TELL, NONE_OF_THESE, Verdict


class Holds(JudgingProtocol):
    name = "holds"
    title = "whether the mark holds"
    adds = "whether a mark holds, not shown whether the item has it"
    tasks = ("multi",)

    def about(self, known: AnnotationEvidence) -> tuple[str, ...]:
        return known.candidates

    def calls(self, labels: int, setup: JudgeSetup) -> int:
        return len(several_labels.ORDERS)

    async def ask(self, door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
        """Over the space's two labels, that of a mark that holds first. DataError for an item without a mark."""
        if not task.item.place:
            raise DataError(f"Item {task.item.item_id!r} has no mark to ask about.")
        mark, (holds, does_not) = task.item.place, setup.space.names[:2]
        found = await several_labels.ask(
            door, task.item, (mark,), setup.space, style=setup.style, guideline=setup.guideline
        )
        of = {mark: holds, NONE_OF_THESE: does_not, CANNOT_TELL: CANNOT_TELL}
        return replace(found, log_probs={of[key]: value for key, value in found.log_probs.items() if key in of})

    def says(self, verdict: Verdict, given: str | None, answer: str) -> str:
        return f"the judge, not shown whether it is marked, said {answer}"


PROTOCOL = Holds()
