"""Image-text pair as a run of pairs uses it."""

from __future__ import annotations

import io
from dataclasses import replace

from PIL import Image

from errata.tools.judging.protocols.image_text_pair import PROTOCOL
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import Item, LabelSpace, parts_of
from tests.tools.judging.protocols.asking import KNOWN, asked, says

SETUP = JudgeSetup(LabelSpace(("match", "mismatch")), style="names", permutations=4)
ITEM = Item.of(0, "0", "sha1", "cat", "it barks")


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, "PNG")
    return out.getvalue()


def test_it_asks_about_pairs_alone_in_two_orders() -> None:
    assert PROTOCOL.tasks == ("pair", "match")
    model, item = says("no"), replace(ITEM, parts=parts_of(ITEM.text, png()))
    pair = PROTOCOL.about(KNOWN._replace(candidates=("mismatch", "match")))  # of an item labeled mismatch
    verdict = asked(model, lambda door: PROTOCOL.ask(door, JudgeTask(item, PROTOCOL.name, pair), SETUP))
    assert len(model.requests) == PROTOCOL.calls(2, SETUP) == 2
    words = "asked whether the text describes the image, the judge said mismatch (0.92)"
    assert PROTOCOL.in_words(verdict, "match") == words
