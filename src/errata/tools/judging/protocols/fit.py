"""Fit: what the questions whether two parts fit each other have in common."""

from __future__ import annotations

from errata.prompts import load
from errata.prompts.options import NO, YES
from errata.tools.judging.door import Door
from errata.tools.judging.images.images import ItemImage
from errata.tools.judging.protocol import AnnotationEvidence, JudgingProtocol
from errata.tools.judging.reading.closed_question import ClosedQuestion, lay_out_for, put
from errata.tools.judging.reading.reading import Style, combine
from errata.tools.judging.task import JudgeSetup
from errata.types import OTHER_ANSWERS, Item, LabelSpace, Verdict

ORDERS = ((YES, NO, *OTHER_ANSWERS), (*reversed(OTHER_ANSWERS), NO, YES))


class FitProtocol(JudgingProtocol):
    """Asks with yes first and with yes last."""

    tasks = ("pair", "match")

    def about(self, known: AnnotationEvidence) -> tuple[str, ...]:
        return known.candidates

    def calls(self, labels: int, setup: JudgeSetup) -> int:
        return len(ORDERS)


async def put_in_both_orders(
    door: Door,
    prompt_id: str,
    item: Item,
    images: tuple[ItemImage, ...],
    labels: tuple[str, str],
    space: LabelSpace,
    *,
    style: Style,
    guideline: str,
) -> Verdict:
    """The verdict over the ``labels`` of yes and no, and over OTHER_ANSWERS. Raises what ``Door.ask``
    raises, except for refusals of this item."""
    prompt = load(prompt_id)
    questions = [
        ClosedQuestion(prompt, item, images, lay_out_for(prompt_id, order, style, space), guideline) for order in ORDERS
    ]
    answers = await put(door, questions)
    readings = [reading for reading in answers.readings if reading is not None]
    log_probs = combine(readings) if readings else {}
    named = {dict(zip((YES, NO), labels, strict=True)).get(key, key): value for key, value in log_probs.items()}
    return answers.verdict(item, door.model.name, prompt, named, None)
