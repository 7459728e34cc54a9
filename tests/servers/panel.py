"""The same questions for every backend: each protocol in both styles, on the same few items; results as plain JSON.

python panel.py JUDGE IMAGES|TEXTS OUT.json      run by the interpreter that has the backend
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from errata.demo.digits import demo_half, picture
from errata.testing import MemoryCalls
from errata.tools.judging.bank import bank
from errata.tools.judging.chat import ChatModel
from errata.tools.judging.door import Door
from errata.tools.judging.examine import judge_items
from errata.tools.judging.images.region import Region
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.protocols import contest, image_text_pair, marked_choice
from errata.tools.judging.reading.reading import Style
from errata.tools.judging.registry import protocols
from errata.tools.judging.spec import open_model
from errata.tools.judging.task import ControlItem, JudgeSetup, JudgeTask
from errata.types import Item, LabelSpace, Verdict, sha_of

STYLES: tuple[Style, ...] = ("letters", "names")
DIGITS = tuple("0123456789")
TOPICS = ("animals", "food", "travel")
TEXTS = ("two cats and a dog", "a cheese from the south", "the night train to the border", "a fox ate the bread")


class Case(NamedTuple):
    """One question of the panel."""

    protocol: str
    style: Style
    item: Item


def cases(items: Sequence[Item]) -> Iterator[Case]:
    """Every protocol in every style about every item; an image-text pair only about items that have both.

    Every item stands at its given label, which is the mark that is asked about where marks are asked.
    """
    seen = items[0].image is not None
    of_images = (image_text_pair.PROMPT_ID, marked_choice.PROMPT_ID)
    for protocol in [name for name in protocols() if seen or name not in of_images]:
        for style in STYLES:
            for item in items:
                yield Case(protocol, style, replace(item, place=item.given_label or ""))


def digit_items(count: int) -> list[Item]:
    """Digits of the demo half, each with a text about it."""
    digits = demo_half()
    images = [picture(pixels) for pixels in digits.pixels[:count]]
    return [
        Item.of(n, str(n), sha_of(image.hex()), str(digits.labels[n]), "a handwritten digit", image)
        for n, image in enumerate(images)
    ]


def text_items() -> list[Item]:
    return [Item.of(n, str(n), sha_of(text), "food", text) for n, text in enumerate(TEXTS)]


async def answers(
    model: ChatModel, items: Sequence[Item], only: Collection[tuple[str, Style]] = ()
) -> list[dict[str, Any]]:
    """The results of the cases, in order; ``only``: restrict them to these protocols and styles. Closes the model."""
    calls = MemoryCalls()
    door = Door(model, calls, Budget())
    try:
        asked = [case for case in cases(items) if not only or (case.protocol, case.style) in only]
        verdicts = await asyncio.gather(*(ask(door, case, items) for case in asked))
    finally:
        await door.close()
    return [
        {
            "case": [case.protocol, case.style, case.item.item_id],
            "said": verdict.said,
            "log_probs": dict(verdict.log_probs),
            "answers": {question: list(probs) for question, probs in verdict.answers.items()},
            "tokens_in": [calls.calls[key].tokens_in for key in verdict.call_keys],
        }
        for case, verdict in zip(asked, verdicts, strict=True)
    ]


async def ask(door: Door, case: Case, items: Sequence[Item]) -> Verdict:
    """The verdict on one case. ``items`` serve as control items of a steering control."""
    item, labels = case.item, TOPICS if case.item.image is None else DIGITS
    space = LabelSpace(labels)
    others = [ControlItem(other, other.given_label or "") for other in items if other.item_id != item.item_id][:2]
    pair = (labels[0], labels[1])
    asked = pair if case.protocol in (contest.PROMPT_ID, image_text_pair.PROMPT_ID) else labels
    task = JudgeTask(item, case.protocol, asked, tuple(others), Region((4, 4, 28, 28)))
    setup = JudgeSetup(space, style=case.style, bank=bank.by_rule(space, {}))
    found = await judge_items(door, [task], setup)
    if found.stopped is not None:
        raise found.stopped
    return found.verdicts[0]


if __name__ == "__main__":
    spec, kind, out = sys.argv[1:]
    shown = digit_items(4) if kind == "IMAGES" else text_items()
    Path(out).write_text(json.dumps(asyncio.run(answers(open_model(spec), shown))), encoding="utf-8")
