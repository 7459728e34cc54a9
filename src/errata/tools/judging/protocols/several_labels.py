"""Several labels: whether each label applies, alone or with others, asked one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from errata.prompts import load
from errata.prompts.options import NO, YES
from errata.prompts.quoting import quoted
from errata.tools.judging.door import Door
from errata.tools.judging.images.images import ItemImage
from errata.tools.judging.protocol import AnnotationEvidence, JudgingProtocol
from errata.tools.judging.reading.closed_question import ClosedQuestion, check_labels, lay_out_for, put
from errata.tools.judging.reading.holds import from_log_odds
from errata.tools.judging.reading.reading import Reading, Style, combine
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import CANNOT_TELL, Item, LabelSpace, Verdict

PROMPT_ID = "several_labels"
ORDERS = ((YES, NO, CANNOT_TELL), (NO, YES, CANNOT_TELL))


async def ask(
    door: Door,
    item: Item,
    labels: Sequence[str],
    space: LabelSpace,
    *,
    style: Style = "letters",
    guideline: str = "",
    images: tuple[ItemImage, ...] | None = None,
) -> Verdict:
    """The verdict over ``labels``, each alone, and OTHER_ANSWERS: ``several`` if two or more apply. For one label it
    says how surely that applies, against ``none_of_these``.

    Each label is asked about with yes before no and with no before yes; the log-odds are averaged. A label without a
    readable answer makes the verdict unreadable. Raises what ``Door.ask`` raises, except for refusals of this item.
    """
    check_labels(labels)
    prompt = load(PROMPT_ID)
    shared = ItemImage.of(item) if images is None else images
    questions = [
        ClosedQuestion(
            prompt,
            item,
            shared,
            lay_out_for(PROMPT_ID, order, style, space),
            guideline,
            {"label": label, "definition": quoted(defined) if (defined := space.definitions.get(label)) else ""},
        )
        for label in labels
        for order in ORDERS
    ]
    answers = await put(door, questions)
    return answers.verdict(item, door.model.name, prompt, _weigh(labels, answers.readings), None)


def _weigh(labels: Sequence[str], readings: Sequence[Reading | None]) -> dict[str, float]:
    holds: dict[str, float] = {}
    unsure = 0.0
    for number, label in enumerate(labels):
        first = number * len(ORDERS)
        read = [reading for reading in readings[first : first + len(ORDERS)] if reading is not None]
        if not read:
            return {}
        log_probs = combine(read)
        holds[label] = log_probs[YES] - log_probs[NO]
        unsure += math.exp(log_probs[CANNOT_TELL]) / len(labels)
    return from_log_odds(holds, unsure)


class SeveralLabels(JudgingProtocol):
    name = PROMPT_ID
    title = "each label by itself"
    adds = "whether each of the two likeliest labels holds, alone or beside the other"

    def about(self, known: AnnotationEvidence) -> tuple[str, ...] | None:
        return known.rivals if known.undecided else None

    def calls(self, labels: int, setup: JudgeSetup) -> int:
        return labels * len(ORDERS)

    async def ask(self, door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
        return await ask(door, task.item, task.labels, setup.space, style=setup.style, guideline=setup.guideline)

    def says(self, verdict: Verdict, given: str | None, answer: str) -> str:
        return f"asked about each label by itself, the judge said {answer}"


PROTOCOL = SeveralLabels()
