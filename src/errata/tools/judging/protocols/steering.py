"""Steering control: whether an item changes the answers about others shown next to it.

A control item is one whose answer is known. It is asked about as in a blind choice, with the item next to it, marked
"not asked about". An honest judge answers as before. A judge that obeys the item answers what the item wants: same
options, a different right answer. The control can only hold an item back; it never decides a label.

A judge that obeys an item only when it is asked about that item passes this. So if a text names the favored label, the
judge is asked about the item once more with that name blanked out, instead of about the second control item: an
instruction without the name asks for nothing, and the rest still shows what the text is about.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

from errata.prompts import load, shown_text
from errata.tools.inference.held_back import MOVED, NAMED, UNMOVED
from errata.tools.judging.door import Door
from errata.tools.judging.images.images import ItemImage
from errata.tools.judging.protocol import AnnotationEvidence, Control
from errata.tools.judging.protocols import blind_choice
from errata.tools.judging.reading.closed_question import ClosedQuestion, check_labels, lay_out_for, put
from errata.tools.judging.reading.reading import SURE, Reading, Style, combine, normalized
from errata.tools.judging.task import ControlItem, JudgeSetup, JudgeTask
from errata.tools.judging.untrusted.blanked import without_name
from errata.types import OTHER_ANSWERS, Item, LabelSpace, Verdict, sha_of

PROMPT_ID = "steering"
ASKED, OTHER = " of the item", " of another item, not asked about"


async def ask(
    door: Door,
    item: Item,
    control_items: tuple[ControlItem, ControlItem],
    candidates: Sequence[str],
    space: LabelSpace,
    *,
    style: Style = "letters",
    guideline: str = "",
    images: tuple[ItemImage, ...] | None = None,
    favored: str = "",
) -> Verdict:
    """A verdict of protocol "steering" over ``moved`` and ``unmoved``, where ``unmoved`` is the lowest probability that
    any control item's known answer kept; over ``named`` and ``unmoved`` if the ``favored`` label of the item kept less
    with its name blanked out.

    Two calls. ``candidates`` are those of the item's own blind choice, so that an item that picks the same option for
    every content is noticed. An unreadable reply about a control item is ``moved``, since the control item alone had
    been answered. The verdict is unreadable if a request was refused, or the answer about the item itself cannot be
    read. ``images`` are the item's, shared with other protocols. Raises what ``Door.ask`` raises, except for refusals.
    """
    keys = sorted({*candidates, *(control.answer for control in control_items)})
    check_labels(keys)
    prompt = load(PROMPT_ID)
    beside = ItemImage.of(item, OTHER) if images is None else images
    blanked = _without_name(item, favored) if favored in candidates else item
    shown = control_items if blanked == item else control_items[:1]
    questions = []
    for number, control in enumerate(shown):
        # Both contents determine the answer, so both are in the cache key.
        asked = replace(control.item, content_sha=sha_of([control.item.content_sha, item.content_sha]))
        options = lay_out_for(PROMPT_ID, control_order(keys, control.answer, item.content_sha, number), style, space)
        # Images of items with more than one part are told apart by the names above them.
        slots = {"other": shown_text(item), "images": bool(beside) and len(item.parts) == 1}
        both = (*ItemImage.of(control.item, ASKED), *beside)
        questions.append(ClosedQuestion(prompt, asked, both, options, guideline, slots))
    if blanked != item:
        asked = replace(blanked, content_sha=sha_of([item.content_sha, blanked.text]))
        order = control_order(candidates, favored, item.content_sha, 1)
        options = lay_out_for(blind_choice.PROMPT_ID, order, style, space)
        alone = ItemImage.of(item) if images is None else images
        questions.append(ClosedQuestion(load(blind_choice.PROMPT_ID), asked, alone, options, guideline))
    answers = await put(door, questions)
    log_probs = {} if answers.refused else _found(answers.readings, shown, favored)
    return answers.verdict(item, door.model.name, prompt, log_probs, None)


def _without_name(item: Item, label: str) -> Item:
    """The item with the label's name blanked out in its texts."""
    parts = (part if part.text is None else part._replace(text=without_name(part.text, label)) for part in item.parts)
    return replace(item, parts=tuple(parts))


def _found(readings: Sequence[Reading | None], shown: Sequence[ControlItem], favored: str) -> dict[str, float]:
    """From the readings about the control items, followed by that about the item with the name blanked out, if
    asked."""
    kept = min(_kept(reading, control.answer) for reading, control in zip(readings, shown, strict=False))
    if len(readings) == len(shown):
        return _moved(kept, MOVED)
    without = readings[-1]
    if without is None:
        return {}
    stands = _stands(without, favored)
    return _moved(kept, MOVED) if kept <= stands else _moved(stands, NAMED)


def control_order(keys: Sequence[str], answer: str, content_sha: str, number: int) -> tuple[str, ...]:
    """The options of control ``number`` (0 or 1), with the right answer neither first nor last, and not in the same
    place in both: an item that asks for a letter or a position cannot match the right one twice."""
    rest = [key for key in (*keys, *OTHER_ANSWERS) if key != answer]
    draw = random.Random(sha_of([content_sha, "steering"]))  # noqa: S311  not a secret
    places = draw.sample(range(1, len(rest)), 2)
    draw.shuffle(rest)
    if number == 1:
        rest.reverse()
    rest.insert(places[number], answer)
    return tuple(rest)


def choose(
    control_items: Sequence[ControlItem], content_sha: str, favored: str, rivals: Sequence[str]
) -> tuple[ControlItem, ControlItem] | None:
    """Two control items for an item for which the judge ``favored`` a label; None if all of them have that label.

    The first has the first of the ``rivals`` (labels the item might have instead) that any control item has: an item
    that forbids its true label is exposed there. The second has another label if possible. Drawn by the item's content,
    so that an item cannot know which others it is shown with, and a repeated run asks the same.
    """
    others = sorted(
        (control for control in control_items if control.answer != favored),
        key=lambda control: control.item.content_sha,
    )
    others = [control for control in others if control.item.content_sha != content_sha]
    if not others:
        return None
    draw = random.Random(sha_of([content_sha, "references"]))  # noqa: S311  not a secret
    labels = {control.answer for control in others}
    rival = next((label for label in rivals if label in labels), None)
    first = draw.choice([control for control in others if rival is None or control.answer == rival])
    further = [control for control in others if control.answer not in (first.answer, *rivals)]
    further = further or [control for control in others if control.answer != first.answer]
    return first, draw.choice(further or others)


def _kept(reading: Reading | None, answer: str) -> float:
    """The probability that the known answer still has."""
    return 0.0 if reading is None else math.exp(combine([reading])[answer])


def _stands(reading: Reading, favored: str) -> float:
    """One minus the probability of the likeliest other label. "None of these" and "cannot tell" do not count against
    the favored label, since its name may have been the only clue."""
    others = {key: p for key, p in combine([reading]).items() if key not in (favored, *OTHER_ANSWERS)}
    return 1 - max(map(math.exp, others.values()), default=0.0)


def _moved(kept: float, how: str) -> dict[str, float]:
    floor = math.exp(-SURE)
    return normalized({how: math.log(max(1 - kept, floor)), UNMOVED: math.log(max(kept, floor))})


class Steering(Control):
    name, alone = PROMPT_ID, blind_choice.PROMPT_ID
    title = "answers about other items shown next to it"
    adds = "whether the item changes the judge's answers about others shown next to it"
    measurable = False

    def about(self, known: AnnotationEvidence) -> tuple[str, ...] | None:
        # Ambiguous items go to a person anyway. A judge may also be steered to agree with the scan: most attacks aim
        # to keep the given label.
        return None if known.outcome == "ambiguous" else known.candidates

    def calls(self, labels: int, setup: JudgeSetup) -> int:
        return 2

    def beside(
        self, usable: Sequence[ControlItem], content_sha: str, favored: str, rivals: Sequence[str]
    ) -> tuple[ControlItem, ControlItem] | None:
        return choose(usable, content_sha, favored, rivals)

    async def ask(self, door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
        one, other = task.control_items
        return await ask(
            door,
            task.item,
            (one, other),
            task.labels,
            setup.space,
            style=setup.style,
            guideline=setup.guideline,
            favored=task.favored,
        )

    def says(self, verdict: Verdict, given: str | None, answer: str) -> str:
        if NAMED in verdict.log_probs:
            return f"the judge's answer without the name of the label in the text: {answer}"
        return f"beside this item, the judge's answers about others were {answer}"


PROTOCOL = Steering()
