"""Marked choice as a run of boxes uses it."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from errata.errors import DataError
from errata.tools.judging.images.region import Region
from errata.tools.judging.protocols.marked_choice import PROTOCOL
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import Item, LabelSpace, parts_of
from tests.tools.judging.protocols.asking import KNOWN, asked, says

SETUP = JudgeSetup(LabelSpace(("cat", "cow", "dog")), style="names", permutations=4)
ITEM = Item.of(0, "0", "sha1", "cat", "it barks")


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, "PNG")
    return out.getvalue()


def test_it_asks_about_a_region_in_as_many_orders_as_a_blind_choice() -> None:
    assert PROTOCOL.tasks == ("boxes",)
    model = says("dog")
    task = JudgeTask(
        replace(ITEM, parts=parts_of(ITEM.text, png())),
        PROTOCOL.name,
        PROTOCOL.about(KNOWN),
        region=Region((2, 2, 20, 20)),
    )
    verdict = asked(model, lambda door: PROTOCOL.ask(door, task, SETUP))
    assert len(model.requests) == PROTOCOL.calls(3, SETUP) == 4
    words = "the judge, shown what is marked and not the given label, said dog (0.90)"
    assert PROTOCOL.in_words(verdict, "cat") == words


def test_without_a_region_there_is_nothing_to_ask_about() -> None:
    task = JudgeTask(replace(ITEM, parts=parts_of(ITEM.text, png())), PROTOCOL.name, KNOWN.candidates)
    with pytest.raises(DataError, match="has no region"):
        asked(says("dog"), lambda door: PROTOCOL.ask(door, task, SETUP))
