"""Blind choice: which of the candidate labels describes the item. The given label is one of them, unmarked."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

from errata.prompts import load
from errata.tools.judging.door import Door
from errata.tools.judging.images.images import ItemImage
from errata.tools.judging.protocol import AnnotationEvidence, JudgingProtocol
from errata.tools.judging.reading.closed_question import ClosedQuestion, check_labels, lay_out_for, put
from errata.tools.judging.reading.reading import Reading, Style, combine, favorite
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import OTHER_ANSWERS, Item, LabelSpace, Verdict, sha_of

PROMPT_ID = "blind_choice"


async def ask(
    door: Door,
    item: Item,
    candidates: Sequence[str],
    space: LabelSpace,
    *,
    style: Style = "letters",
    permutations: int = 2,
    guideline: str = "",
    images: tuple[ItemImage, ...] | None = None,
    prompt_id: str = PROMPT_ID,
    slots: Mapping[str, object] | None = None,
) -> Verdict:
    """The verdict over ``candidates`` and OTHER_ANSWERS, from ``permutations`` orders of the options.

    It is unreadable (no ``log_probs``) if no reply names exactly one option. ``images`` are the item's, shared with
    other protocols; ``prompt_id`` is another prompt with the same answers, and ``slots`` what that prompt needs besides
    item, options, and guideline. Raises what ``Door.ask`` raises, except for refusals of this item.
    """
    check_labels(candidates)
    prompt = load(prompt_id)
    shared = ItemImage.of(item) if images is None else images
    orders = option_orders(candidates, item.content_sha, permutations)
    options = [lay_out_for(prompt_id, order, style, space) for order in orders]
    questions = [ClosedQuestion(prompt, item, shared, shown, guideline, slots or {}) for shown in options]
    answers = await put(door, questions)
    readings = [reading for reading in answers.readings if reading is not None]
    log_probs = combine(readings) if readings else {}
    bias = position_bias(readings, favorite(log_probs)) if log_probs else None
    return answers.verdict(item, door.model.name, prompt, log_probs, bias)


def option_orders(candidates: Sequence[str], content_sha: str, permutations: int) -> list[tuple[str, ...]]:
    """Random orders of the candidates and OTHER_ANSWERS, in pairs: an order, then its reverse.

    They depend on the content and on the set of candidates, not on the row or the run, and more permutations extend the
    same sequence: so the same question is repeated word for word and found in the cache.
    """
    keys = [*sorted(set(candidates)), *OTHER_ANSWERS]
    orders = []
    for number in range(permutations):
        shuffled = list(keys)
        random.Random(sha_of([content_sha, number // 2])).shuffle(shuffled)  # noqa: S311  not a secret
        orders.append(tuple(shuffled if number % 2 == 0 else reversed(shuffled)))
    return orders


def position_bias(readings: Sequence[Reading], key: str) -> float | None:
    """Half of how much the log-odds of ``key`` drop from where it was shown first to where it was shown last.

    Positive = the judge favors what comes first. None if that is unknown: fewer than two readings with
    log-probabilities.
    """
    placed = sorted(
        (reading.order.index(key), _log_odds(reading.log_probs[key]))
        for reading in readings
        if reading.log_probs is not None
    )
    if len(placed) < 2:
        return None
    return (placed[0][1] - placed[-1][1]) / 2


def _log_odds(log_prob: float) -> float:
    rest = -math.expm1(log_prob)
    return log_prob - math.log(max(rest, 1e-12))


class BlindChoice(JudgingProtocol):
    name = PROMPT_ID
    title = "not shown the given label"
    adds = "which label the judge would choose, not shown the given one"

    def about(self, known: AnnotationEvidence) -> tuple[str, ...]:
        return known.candidates

    def calls(self, labels: int, setup: JudgeSetup) -> int:
        return setup.permutations

    async def ask(self, door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
        return await ask(
            door,
            task.item,
            task.labels,
            setup.space,
            style=setup.style,
            permutations=setup.permutations,
            guideline=setup.guideline,
        )

    def says(self, verdict: Verdict, given: str | None, answer: str) -> str:
        return f"the judge, not shown the given label, said {answer}"


PROTOCOL = BlindChoice()
