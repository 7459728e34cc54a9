"""Ask a judge about trusted items, under each protocol, until it is known whether it is better than chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from errata.tools.inference.verdict_columns import VerdictColumns
from errata.tools.judging.calibration.track_record import TrustedAnswer, track_record
from errata.tools.judging.door import Door
from errata.tools.judging.registry import protocols
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.tools.judging.together import together
from errata.types import Item, LabelSpace, Verdict

FEWEST, MOST = 24, 100
"""The fewest and most trusted items that a judge is asked about."""
CLOSE_ENOUGH = 0.10
"""The accuracy is known once the half-width of its interval is at most this."""
STEP = 24


@dataclass(frozen=True, slots=True)
class TrustedQuestion:
    """``item`` as the judge is to see it, with the label that it is shown as given, if the protocol shows one; what is
    asked about; the ``label`` that is trusted to be right; ``weight`` and ``wrong`` as in TrustedItem."""

    item: Item
    protocol: str
    labels: tuple[str, ...]
    label: str
    given: str | None
    weight: float
    wrong: float


Enough = Callable[[Sequence[TrustedAnswer]], bool]


async def ask_trusted(
    door: Door, each: Sequence[Sequence[TrustedQuestion]], setup: JudgeSetup, enough: Enough
) -> list[tuple[TrustedQuestion, Verdict]]:
    """``each``: the questions about each trusted item, in the order in which they are to be asked. Stops once
    ``enough`` is known."""
    found: list[tuple[TrustedQuestion, Verdict]] = []
    for start in range(0, len(each), STEP):
        questions = [question for of_item in each[start : start + STEP] for question in of_item]
        found += zip(questions, await together(_put(door, one, setup) for one in questions), strict=True)
        if enough(answers_of(found, setup.space)):
            break
    return found


def answers_of(found: Sequence[tuple[TrustedQuestion, Verdict]], space: LabelSpace) -> list[TrustedAnswer]:
    """The verdicts as TrustedAnswers; ``said`` is "" for a verdict that says nothing."""
    said = VerdictColumns.answers([verdict for _, verdict in found], space)
    return [
        TrustedAnswer(q.item.idx, q.protocol, q.label, q.given, answer, len(q.labels or space.names), q.weight, q.wrong)
        for (q, _), answer in zip(found, said, strict=True)
    ]


def is_known(answers: Sequence[TrustedAnswer]) -> bool:
    """Whether, under every protocol, the judge is known to be better than chance, or its accuracy is known closely."""
    for protocol in dict.fromkeys(answer.protocol for answer in answers):
        record = track_record([answer for answer in answers if answer.protocol == protocol])
        if not record.used and record.within > CLOSE_ENOUGH:
            return False
    return True


async def _put(door: Door, question: TrustedQuestion, setup: JudgeSetup) -> Verdict:
    return await protocols()[question.protocol].ask(
        door, JudgeTask(question.item, question.protocol, question.labels), setup
    )
