"""Question bank: prepared yes/no questions about each candidate label (VDC, Zhu et al. 2024; ALGORITHMS B3)."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from errata.prompts import load
from errata.prompts.options import NO, YES
from errata.tools.judging.bank.bank import Bank, BankQuestion
from errata.tools.judging.bank.reliability import Reliability, untested, weight
from errata.tools.judging.door import Door
from errata.tools.judging.images.images import ItemImage
from errata.tools.judging.protocol import AnnotationEvidence, JudgingProtocol
from errata.tools.judging.reading.closed_question import ClosedQuestion, check_labels, lay_out_for, put
from errata.tools.judging.reading.holds import from_log_odds
from errata.tools.judging.reading.reading import Reading, Style, combine
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import CANNOT_TELL, Item, LabelSpace, Verdict, sha_of

PROMPT_ID = "question_bank"
ANSWERS = (YES, NO, CANNOT_TELL)
PREPARED = 12
"""The most questions about one label in a bank still to be prepared: seven made by rule, five written by a judge."""


async def ask(
    door: Door,
    item: Item,
    labels: Sequence[str],
    bank: Bank,
    space: LabelSpace,
    *,
    style: Style = "letters",
    guideline: str = "",
    images: tuple[ItemImage, ...] | None = None,
) -> Verdict:
    """The verdict over ``labels`` and OTHER_ANSWERS, from all questions of the bank about any of them.

    ``answers`` of the verdict maps a question's id to (p(yes), p(no)); ``weigh`` recomputes the verdict from these once
    people's decisions show which questions are reliable. Raises what ``Door.ask`` raises, except for refusals of this
    item.
    """
    check_labels(labels)
    prompt = load(PROMPT_ID)
    shared = ItemImage.of(item) if images is None else images
    asked = [question for question in bank if question.label in labels]
    questions = [
        ClosedQuestion(
            prompt,
            item,
            shared,
            lay_out_for(PROMPT_ID, answer_order(item, question), style, space),
            guideline,
            {"question": question.text},
        )
        for question in asked
    ]
    answers = await put(door, questions)
    read = {q.id: _yes_no(reading) for q, reading in zip(asked, answers.readings, strict=True) if reading is not None}
    verdict = answers.verdict(item, door.model.name, prompt, weigh(bank, labels, read, {}), None)
    return replace(verdict, answers=read)


def answer_order(item: Item, question: BankQuestion) -> tuple[str, ...]:
    """A different order for each question, so that a preference for the first option favors no label."""
    order = list(ANSWERS)
    random.Random(sha_of([item.content_sha, question.text])).shuffle(order)  # noqa: S311  not a secret
    return tuple(order)


def weigh(
    bank: Bank,
    labels: Sequence[str],
    answers: Mapping[str, tuple[float, float]],
    reliability: Mapping[str, Reliability],
) -> dict[str, float]:
    """Log-probabilities over ``labels`` and OTHER_ANSWERS from question id -> (p(yes), p(no)); empty if no question was
    answered. ``reliability`` is known for some questions; useless ones are left out."""
    holds: dict[str, float] = {}
    unsure: list[float] = []
    for label in labels:
        useful = [
            (reliability.get(q.id) or untested(q), *answers[q.id])
            for q in bank
            if q.label == label and q.id in answers and (reliability.get(q.id) or untested(q)).useful
        ]
        holds[label] = weight(len(useful)) * sum(known.log_odds(yes, no) for known, yes, no in useful)
        unsure += [1 - yes - no for _, yes, no in useful]
    return from_log_odds(holds, max(0.0, sum(unsure) / len(unsure))) if unsure else {}


def matched_share(bank: Bank, label: str, answers: Mapping[str, tuple[float, float]]) -> float:
    """The share of answers about ``label`` that are as expected, low = bad: the official rule calls an item dirty below
    0.5 (VDC, section 3.4). A tie between yes and no is not a match. NaN if nothing was answered."""
    expected = {YES: lambda yes, no: yes > no, NO: lambda yes, no: no > yes}
    matches = [expected[q.expects](*answers[q.id]) for q in bank if q.label == label and q.id in answers]
    return sum(matches) / len(matches) if matches else math.nan


def _yes_no(reading: Reading) -> tuple[float, float]:
    log_probs = combine([reading])
    return math.exp(log_probs[YES]), math.exp(log_probs[NO])


class QuestionBank(JudgingProtocol):
    name = PROMPT_ID
    title = "prepared yes/no questions"
    adds = "how the judge answers prepared yes/no questions about the two likeliest labels"

    def about(self, known: AnnotationEvidence) -> tuple[str, ...] | None:
        return known.rivals if known.undecided else None

    def calls(self, labels: int, setup: JudgeSetup) -> int:
        about = Counter(question.label for question in setup.bank)
        return sum(count for _, count in about.most_common(labels)) if about else labels * PREPARED

    async def ask(self, door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
        return await ask(
            door, task.item, task.labels, setup.bank, setup.space, style=setup.style, guideline=setup.guideline
        )

    def says(self, verdict: Verdict, given: str | None, answer: str) -> str:
        return f"asked {len(verdict.answers)} questions, the judge answered as for {answer}"


PROTOCOL = QuestionBank()
