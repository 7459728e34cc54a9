"""Contest: the given label against a challenger, in both orders (after Label Critic: comparing beats grading)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from errata.prompts import load
from errata.tools.judging.door import Door
from errata.tools.judging.images.images import ItemImage
from errata.tools.judging.protocol import AnnotationEvidence, JudgingProtocol
from errata.tools.judging.reading.closed_question import ClosedQuestion, check_labels, lay_out_for, put
from errata.tools.judging.reading.reading import Reading, Style, combine, favorite
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import CANNOT_TELL, OTHER_ANSWERS, Item, LabelSpace, Verdict

PROMPT_ID = "contest"


async def ask(
    door: Door,
    item: Item,
    given: str,
    challenger: str,
    space: LabelSpace,
    *,
    style: Style = "letters",
    guideline: str = "",
    images: tuple[ItemImage, ...] | None = None,
) -> Verdict:
    """The verdict over the two labels and OTHER_ANSWERS; ``several`` means both apply, ``none_of_these`` neither.

    ``position_bias`` is half the difference of the log-odds of given over challenger between the two orders; positive =
    the judge favors what comes first. Raises what ``Door.ask`` raises, except for refusals of this item.
    """
    check_labels((given, challenger))
    prompt = load(PROMPT_ID)
    shared = ItemImage.of(item) if images is None else images
    orders = [(given, challenger, *OTHER_ANSWERS), (challenger, given, *OTHER_ANSWERS)]
    questions = [
        ClosedQuestion(prompt, item, shared, lay_out_for(PROMPT_ID, o, style, space), guideline) for o in orders
    ]
    answers = await put(door, questions)
    bias = position_bias(answers.readings, given, challenger)
    return answers.verdict(item, door.model.name, prompt, weigh(answers.readings), bias)


def weigh(readings: Sequence[Reading | None]) -> dict[str, float]:
    """Log-probabilities from the readings of both orders (None: unreadable), normalized; empty if both are None.

    If both orders favor the same answer, the mean of their log-probabilities. If they contradict each other, every
    answer keeps the smaller of its two probabilities, and the rest is ``cannot_tell``: a judge that always says "the
    first one" decides nothing. An unreadable order counts as one that cannot tell.
    """
    each = [combine([reading]) for reading in readings if reading is not None]
    if not each:
        return {}
    if len(each) < len(readings):
        return _logs({key: math.exp(value) / 2 for key, value in each[0].items()})
    if favorite(each[0]) == favorite(each[1]):
        return combine([reading for reading in readings if reading is not None])
    return _logs({key: min(math.exp(each[0][key]), math.exp(each[1][key])) for key in each[0]})


def position_bias(readings: Sequence[Reading | None], given: str, challenger: str) -> float | None:
    """Half of the log-odds of given over challenger when given comes first, minus those when it comes second."""
    odds = [
        reading.log_probs[given] - reading.log_probs[challenger]
        for reading in readings
        if reading is not None and reading.log_probs is not None
    ]
    return (odds[0] - odds[1]) / 2 if len(odds) == 2 else None


def _logs(granted: Mapping[str, float]) -> dict[str, float]:
    """Logs of ``granted`` probabilities after assigning what is missing to 1 to ``cannot_tell``."""
    rest = max(0.0, 1.0 - sum(granted.values()))
    return {key: math.log(p + rest if key == CANNOT_TELL else p) for key, p in granted.items()}


class Contest(JudgingProtocol):
    name = PROMPT_ID
    title = "given label against challenger"
    adds = "whether the given label holds against its strongest challenger"
    shows_given = True

    def about(self, known: AnnotationEvidence) -> tuple[str, ...] | None:
        return known.rivals

    def calls(self, labels: int, setup: JudgeSetup) -> int:
        return 2

    async def ask(self, door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
        given, challenger = task.labels
        return await ask(door, task.item, given, challenger, setup.space, style=setup.style, guideline=setup.guideline)

    def says(self, verdict: Verdict, given: str | None, answer: str) -> str:
        best = favorite(verdict.log_probs)
        losers = [name for name in verdict.log_probs if name not in (best, *OTHER_ANSWERS)]
        over = f" over {losers[0]}" if losers and best not in OTHER_ANSWERS else ""
        return f"in a contest the judge said {answer}{over}"


PROTOCOL = Contest()
