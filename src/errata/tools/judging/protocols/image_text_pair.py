"""Image-text pair: whether the item's text describes its image."""

from __future__ import annotations

from dataclasses import replace

from errata.errors import DataError
from errata.tools.judging.door import Door
from errata.tools.judging.images.images import ItemImage
from errata.tools.judging.protocols.fit import FitProtocol, put_in_both_orders
from errata.tools.judging.reading.reading import Style
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import Item, LabelSpace, Verdict

PROMPT_ID = "image_text_pair"


async def ask(
    door: Door,
    item: Item,
    match: str,
    mismatch: str,
    space: LabelSpace,
    *,
    style: Style = "letters",
    guideline: str = "",
    images: tuple[ItemImage, ...] | None = None,
) -> Verdict:
    """The verdict over the labels ``match`` and ``mismatch`` and over OTHER_ANSWERS: ``several`` means that the text
    describes part of the image, ``none_of_these`` that there is nothing to compare.

    Asked with yes first and with yes last. Raises DataError for an item without text or image, and what ``Door.ask``
    raises, except for refusals of this item.
    """
    if item.text is None or item.image is None:
        raise DataError(f"Item {item.item_id!r} has no {'text' if item.text is None else 'image'}: a pair needs both.")
    # One text and one image: the prompt says which is which, so neither needs its column's name.
    shared = ItemImage.of(replace(item, parts=item.images)) if images is None else images
    text = replace(item, parts=item.texts)
    return await put_in_both_orders(
        door, PROMPT_ID, text, shared, (match, mismatch), space, style=style, guideline=guideline
    )


class ImageTextPair(FitProtocol):
    name = PROMPT_ID
    title = "whether text and image fit"
    adds = "whether the text describes the image"

    async def ask(self, door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
        """Over the space's two labels, that of a match first."""
        match, mismatch = setup.space.names[:2]
        return await ask(door, task.item, match, mismatch, setup.space, style=setup.style, guideline=setup.guideline)

    def says(self, verdict: Verdict, given: str | None, answer: str) -> str:
        return f"asked whether the text describes the image, the judge said {answer}"


PROTOCOL = ImageTextPair()
