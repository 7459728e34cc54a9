"""Open answer: the judge names a label itself, constrained to the label space's own names (PTEC's trie).

For label spaces too large to list, and for hierarchical ones, which are walked from the root: at each level the judge
chooses among the children of the last answer, and the probabilities along the way are multiplied (ALGORITHMS B16).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from errata.prompts import load
from errata.tools.judging.door import Answered, Door
from errata.tools.judging.images.images import ItemImage
from errata.tools.judging.protocol import AnnotationEvidence, JudgingProtocol
from errata.tools.judging.reading.closed_question import Answers, ClosedQuestion, check_labels, lay_out_for, put
from errata.tools.judging.reading.reading import SURE, combine, favorite, normalized
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.tools.taxonomy import ROOT, Taxonomy
from errata.types import CANNOT_TELL, NONE_OF_THESE, OTHER_ANSWERS, SEVERAL, Item, LabelSpace, Verdict

PROMPT_ID = "open_answer"
LISTED = 20
"""Up to this many choices are shown to the judge; more are only enforced."""
KEPT = 20
"""This many of the likeliest labels are kept apart in the verdict; the rest counts as none of these."""


async def ask(
    door: Door,
    item: Item,
    space: LabelSpace,
    *,
    guideline: str = "",
    images: tuple[ItemImage, ...] | None = None,
) -> Verdict:
    """The verdict over the likeliest labels and OTHER_ANSWERS, always answered by name.

    One call per level of the label space. A level without a readable answer ends the walk: the probability so far is
    spread evenly over the labels below; only a verdict whose first level is unreadable is unreadable. Raises what
    ``Door.ask`` raises, except for refusals of this item, and DataError for circular parents.
    """
    check_labels(space.names)
    taxonomy, prompt = Taxonomy(space), load(PROMPT_ID)
    shared = ItemImage.of(item) if images is None else images
    probs: dict[str, float] = {}
    answered: list[Answered] = []
    node, mass = ROOT, 1.0
    answers = Answers((), (), None)
    while children := taxonomy.children.get(node, ()):
        # A label with labels below it may itself be the answer.
        keys = (*children, *([node] if node in space.names else []), *OTHER_ANSWERS)
        options = lay_out_for(PROMPT_ID, keys, "names", space)
        slots = {"within": node or None, "listed": len(children) <= LISTED and not _flat(taxonomy)}
        answers = await put(door, [ClosedQuestion(prompt, item, shared, options, guideline, slots)])
        answered += answers.answered
        reading = answers.readings[0]
        if reading is None:
            break
        level = {key: mass * math.exp(value) for key, value in combine([reading]).items()}
        if node:  # redistribute what its branch got one level up
            _add(probs, taxonomy.leaves(node), -mass)
        best = favorite(level)
        for key, p in level.items():
            _add(probs, [key] if key in OTHER_ANSWERS or key == node else taxonomy.leaves(key), p)
        if best in OTHER_ANSWERS or best == node:
            break
        node, mass = best, level[best]
    log_probs = _kept(probs) if probs else {}
    return replace(answers, answered=tuple(answered)).verdict(item, door.model.name, prompt, log_probs, None)


def _flat(taxonomy: Taxonomy) -> bool:
    return set(taxonomy.children) == {ROOT}


def _add(probs: dict[str, float], keys: Sequence[str], mass: float) -> None:
    for key in keys:
        probs[key] = probs.get(key, 0.0) + mass / len(keys)


def _kept(probs: dict[str, float]) -> dict[str, float]:
    labels = sorted((key for key in probs if key not in OTHER_ANSWERS), key=lambda key: -probs[key])
    kept = {key: probs[key] for key in labels[:KEPT]}
    rest = sum(probs[key] for key in labels[KEPT:])
    kept |= {
        SEVERAL: probs.get(SEVERAL, 0.0),
        NONE_OF_THESE: probs.get(NONE_OF_THESE, 0.0) + rest,
        CANNOT_TELL: probs.get(CANNOT_TELL, 0.0),
    }
    return normalized({key: math.log(max(p, math.exp(-SURE))) for key, p in kept.items()})


class OpenAnswer(JudgingProtocol):
    name = PROMPT_ID
    title = "naming a label itself"
    adds = "which label the judge names by itself, level by level"

    def about(self, known: AnnotationEvidence) -> tuple[str, ...]:
        return ()

    def calls(self, labels: int, setup: JudgeSetup) -> int:
        return Taxonomy(setup.space).depth

    async def ask(self, door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
        return await ask(door, task.item, setup.space, guideline=setup.guideline)

    def says(self, verdict: Verdict, given: str | None, answer: str) -> str:
        return f"the judge, not shown the given label, said {answer}"


PROTOCOL = OpenAnswer()
