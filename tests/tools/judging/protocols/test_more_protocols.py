"""Several labels, image-text pairs, open answers and marked regions."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from PIL import Image

from errata.errors import DataError, ModelRefused
from errata.prompts.options import WORDS
from errata.testing import Answer, FakeChat
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import Door
from errata.tools.judging.images.region import Region, View, render
from errata.tools.judging.protocols import image_text_pair, marked_choice, open_answer, several_labels
from errata.types import CANNOT_TELL, NONE_OF_THESE, OTHER_ANSWERS, SEVERAL, Item, LabelSpace, Verdict
from tests.tools.judging.protocols.asking import asked, says, text_of

SPACE = LabelSpace(("cat", "dog", "cow"))
TREE = LabelSpace(
    ("tabby", "siamese", "poodle", "trout"),
    parents={"tabby": "cat", "siamese": "cat", "cat": "mammal", "poodle": "mammal", "trout": "fish"},
)


def item(text: str | None = "it", image: bytes | None = None) -> Item:
    return Item.of(0, "0", "sha", "cat", text, image)


def png(width: int = 40, height: int = 30, color: str = "white") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), color).save(out, "PNG")
    return out.getvalue()


def favorite(verdict: Verdict) -> str:
    return max(verdict.log_probs, key=verdict.log_probs.__getitem__)


def yes_to(*labels: str, sure: float = 0.96) -> FakeChat:
    def answer(request: ChatRequest) -> Answer:
        right = "yes" if any(f'Label: "{label}"' in text_of(request) for label in labels) else "no"
        return {choice: sure if choice == right else (1 - sure) / 2 for choice in request.choices}

    return FakeChat(answer)


@pytest.mark.parametrize(
    ("hold", "expected"), [(("dog",), "dog"), (("dog", "cow"), SEVERAL), ((), NONE_OF_THESE), (SPACE.names, SEVERAL)]
)
def test_labels_are_asked_about_one_by_one(hold: tuple[str, ...], expected: str) -> None:
    model = yes_to(*hold)
    verdict = asked(model, lambda door: several_labels.ask(door, item(), SPACE.names, SPACE, style="names"))
    assert favorite(verdict) == expected
    assert len(model.requests) == 6
    assert sum(map(math.exp, verdict.log_probs.values())) == pytest.approx(1)


def test_a_judge_that_always_picks_the_first_says_nothing_of_any_label() -> None:
    model = FakeChat(
        lambda request: {choice: 0.98 if choice == request.choices[0] else 0.01 for choice in request.choices}
    )
    verdict = asked(model, lambda door: several_labels.ask(door, item(), ("cat",), SPACE))
    assert verdict.log_probs["cat"] == pytest.approx(verdict.log_probs[NONE_OF_THESE], abs=1e-3)


def test_a_pair_fits_or_does_not() -> None:
    said = {"yes": "match", "no": "mismatch", "only in part": SEVERAL, "there is nothing to compare": NONE_OF_THESE}
    for words, key in said.items():
        model = says(words)
        verdict = asked(
            model,
            lambda door: image_text_pair.ask(door, item("a cat", png()), "match", "mismatch", SPACE, style="names"),
        )
        assert favorite(verdict) == key
        assert set(verdict.log_probs) == {"match", "mismatch", *OTHER_ANSWERS}


@pytest.mark.parametrize(("text", "image", "lacks"), [(None, png(), "text"), ("a cat", None, "image")])
def test_half_a_pair_is_an_error(text: str | None, image: bytes | None, lacks: str) -> None:
    with pytest.raises(DataError, match=f"has no {lacks}"):
        asked(FakeChat([]), lambda door: image_text_pair.ask(door, item(text, image), "a", "b", SPACE))


def names(**probs: float) -> FakeChat:
    """A judge that names the likeliest of the answers offered."""

    def answer(request: ChatRequest) -> Answer:
        given = {choice: probs.get(choice.replace(" ", "_"), 0.001) for choice in request.choices}
        total = sum(given.values())
        return {choice: p / total for choice, p in given.items()}

    return FakeChat(answer)


def test_an_open_answer_is_constrained_to_the_labels_without_listing_them() -> None:
    model = names(cow=0.7, dog=0.2)
    verdict = asked(model, lambda door: open_answer.ask(door, item(), SPACE))
    assert favorite(verdict) == "cow"
    assert math.exp(verdict.log_probs["dog"]) == pytest.approx(0.2 / 0.904, rel=0.01)
    assert "- cow" not in text_of(model.requests[0])
    assert set(model.requests[0].choices) >= set(SPACE.names)


def test_levels_are_walked_and_their_probabilities_multiplied() -> None:
    model = names(mammal=0.8, fish=0.2, cat=0.75, poodle=0.25, tabby=0.1, siamese=0.9)
    verdict = asked(model, lambda door: open_answer.ask(door, item(), TREE))
    probs = {key: math.exp(value) for key, value in verdict.log_probs.items()}
    assert probs["siamese"] == pytest.approx(0.8 * 0.75 * 0.9, rel=0.02)
    assert probs["poodle"] == pytest.approx(0.8 * 0.25, rel=0.02)
    assert probs["trout"] == pytest.approx(0.2, rel=0.02)
    offered = [set(request.choices) - set(WORDS["open_answer"].values()) for request in model.requests]
    assert offered == [{"mammal", "fish"}, {"cat", "poodle"}, {"tabby", "siamese"}]
    assert 'It is a kind of: "cat"' in text_of(model.requests[2])


def test_a_level_without_an_answer_leaves_what_was_known() -> None:
    def answer(request: ChatRequest) -> Answer:
        return ModelRefused("no") if "kind of" in text_of(request) else {"mammal": 0.8, "fish": 0.2}

    verdict = asked(FakeChat(answer), lambda door: open_answer.ask(door, item(), TREE))
    probs = {key: math.exp(value) for key, value in verdict.log_probs.items()}
    assert probs["poodle"] == pytest.approx(probs["tabby"])
    assert sum(probs.values()) == pytest.approx(1)
    assert probs["tabby"] == pytest.approx(0.8 / 3, rel=0.05)


def test_parents_in_a_circle_are_an_error() -> None:
    circle = LabelSpace(("a", "b"), parents={"a": "x", "x": "y", "y": "x"})
    with pytest.raises(DataError, match="circle"):
        asked(FakeChat([]), lambda door: open_answer.ask(door, item(), circle))


def test_a_thousand_labels_leave_the_likeliest_and_the_rest_as_none_of_these() -> None:
    space = LabelSpace(tuple(f"label {n}" for n in range(1000)))
    model = FakeChat(lambda request: {"label 7": 0.6, "label 8": 0.3, "label 9": 0.1})
    verdict = asked(model, lambda door: open_answer.ask(door, item(), space))
    assert favorite(verdict) == "label 7"
    assert len(verdict.log_probs) == open_answer.KEPT + len(OTHER_ANSWERS)
    assert math.exp(verdict.log_probs[CANNOT_TELL]) < 0.01


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def test_an_overlay_marks_the_box_and_keeps_the_rest() -> None:
    shown = pixels(render(png(), Region((5, 6, 15, 26)), "overlay"))
    red = (shown[..., 0] > 200) & (shown[..., 1] < 60)
    assert shown.shape == (30, 40, 3)
    assert red[6, 5:15].all() and red[25, 5:15].all() and red[6:26, 5].all() and red[6:26, 14].all()
    assert red.sum() == 2 * 10 + 2 * 18


def test_a_mask_is_outlined_along_its_own_rim() -> None:
    mask_HW = np.zeros((30, 40), bool)
    mask_HW[10:20, 10:30] = True
    region = Region.of_mask(mask_HW)
    shown = pixels(render(png(), region, "overlay"))
    red = (shown[..., 0] > 200) & (shown[..., 1] < 60)
    assert region.box == (10, 10, 30, 20)
    assert red[10, 10:30].all()
    assert not red[15, 15]
    assert not red[~mask_HW].any()


def test_a_crop_shows_the_box_with_a_margin() -> None:
    assert pixels(render(png(200, 100), Region((50, 40, 70, 50)), "crop")).shape == (16, 26, 3)


@pytest.mark.parametrize("box", [(0, 0, 41, 5), (5, 5, 5, 9), (-1, 0, 4, 4), (9, 9, 4, 12)])
def test_a_box_outside_the_image_is_an_error(box: tuple[int, int, int, int]) -> None:
    with pytest.raises(DataError, match="does not lie in the image of 40 x 30"):
        render(png(), Region(box), "crop")


def test_a_mask_must_mark_something_and_fit_the_image() -> None:
    with pytest.raises(DataError, match="no pixel"):
        Region.of_mask(np.zeros((4, 4), bool))
    with pytest.raises(DataError, match="the mask is"):
        render(png(), Region((0, 0, 2, 2), np.ones((4, 4), bool)), "overlay")


@pytest.mark.parametrize(("view", "prompt"), [("overlay", "marked_choice"), ("crop", "blind_choice")])
def test_what_a_region_shows_is_judged_under_its_own_key(view: View, prompt: str) -> None:
    model = FakeChat(lambda request: {choice: 0.9 if n == 0 else 0.01 for n, choice in enumerate(request.choices)})

    async def both(door: Door) -> Verdict:
        for box in ((0, 0, 10, 10), (10, 10, 20, 20)):
            verdict = await marked_choice.ask(door, item(None, png()), Region(box), ("cat", "dog"), SPACE, view=view)
        return verdict

    verdict = asked(model, both)
    assert verdict.prompt.id == prompt
    assert len(model.requests) == 4
    assert len({request.key for request in model.requests}) == 4
