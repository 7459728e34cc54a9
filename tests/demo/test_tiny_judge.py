"""The tiny judge as shipped: small, loads without a warning, and good at errata's own questions on digits."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from errata.demo.digits import demo_half, picture
from errata.prompts import load
from errata.prompts.options import NO, WORDS, YES, Option, lay_out
from errata.tools.judging.bank.bank import by_rule
from errata.tools.judging.images.region import Region, render
from errata.types import CANNOT_TELL, NONE_OF_THESE, OTHER_ANSWERS, SEVERAL, Item, LabelSpace

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from evals.tiny_judge.batches import token_ids  # noqa: E402  needs torch
from evals.tiny_judge.questions import DigitQuestion, Protocol  # noqa: E402  needs torch

FOLDER = Path(str(files("errata.demo") / "tiny_judge"))
DIGITS = tuple(map(str, range(10)))
GUIDELINE = "Judge by the shape.\nA 7 may have a bar; a zero with a slash is 0, and none of these is an 8."

Slots = Mapping[str, Any]
"""What a prompt needs besides item, options, and guideline; and the item's text, if it has one."""

NO_SLOTS: Slots = {}
EVERY_PROMPT: list[tuple[Protocol, Slots]] = [
    ("blind_choice", {}),
    ("contest", {}),
    ("marked_choice", {}),
    ("open_answer", {"within": None, "listed": False}),
    ("steering", {"other": None, "images": True}),
    ("several_labels", {"label": "8", "definition": ""}),
    ("image_text_pair", {"text": "a handwritten 8"}),
    *(("question_bank", {"question": question.text}) for question in by_rule(LabelSpace(DIGITS), {"8": ["3"]})[-6:]),
]


class Judge:
    """The shipped model, asked as errata's local backend asks it."""

    def __init__(self) -> None:
        self.processor = transformers.AutoProcessor.from_pretrained(FOLDER, local_files_only=True)
        self.model = transformers.AutoModelForImageTextToText.from_pretrained(
            FOLDER, local_files_only=True, dtype=torch.float32
        ).eval()

    def answers(
        self, shown: Sequence[Sequence[bytes]], prompt: str, options: tuple[Option, ...], slots: Slots = NO_SLOTS
    ) -> list[str]:
        """The key of the most probable option for each row of pictures."""
        words = self.tokens(options)
        text = self.text(prompt, options, slots)
        images = [[Image.open(io.BytesIO(png)) for png in pngs] for pngs in shown]
        inputs = self.processor(images=images, text=[text] * len(shown), return_tensors="pt")
        with torch.no_grad():
            logits = self.model(**inputs, logits_to_keep=1).logits[:, -1]
        return [options[int(best)].key for best in logits[:, words].argmax(1)]

    def text(self, prompt: str, options: tuple[Option, ...], slots: Slots = NO_SLOTS, guideline: str = "") -> str:
        rest = {key: value for key, value in slots.items() if key != "text"}
        item = Item.of(0, "0", "", None, str(slots["text"]) if "text" in slots else None)
        system, user = load(prompt).render(item, options, guideline, **rest)
        n_images = 2 if prompt == "steering" else 1
        messages: list[dict[str, Any]] = [
            {"role": "system", "content": [{"type": "text", "text": system["content"]}]},
            {"role": "user", "content": [{"type": "image"}] * n_images + user["content"]},
        ]
        return str(self.processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False))

    def tokens(self, options: tuple[Option, ...]) -> list[int]:
        ids = [self.processor.tokenizer(option.answer)["input_ids"] for option in options]
        assert all(len(one) == 1 for one in ids)
        return [one[0] for one in ids]


@pytest.fixture(scope="module")
def judge() -> Judge:
    torch.set_num_threads(1)
    return Judge()


def _options(prompt: str, labels: tuple[str, ...], style: str) -> tuple[Option, ...]:
    """Labels, then the other answers of the prompt; those of a yes/no question have no labels."""
    words = WORDS[prompt]
    keys = tuple(words) if YES in words else (*labels, *OTHER_ANSWERS)
    return lay_out([(key, words.get(key, key), "") for key in keys], aliased=style == "letters")


def _of(digit: int, n: int) -> list[list[bytes]]:
    demo = demo_half()
    return [[picture(pixels)] for pixels in demo.pixels[demo.labels == digit][:n]]


def _pairs(left: int, right: int, n: int) -> list[list[bytes]]:
    """Two digits squeezed side by side."""
    demo = demo_half()
    rows = zip(demo.pixels[demo.labels == left][:n], demo.pixels[demo.labels == right][:n], strict=True)
    return [[picture(np.concatenate([(d[:, ::2] + d[:, 1::2]) / 2 for d in row], axis=1))] for row in rows]


def _sample(n: int = 100) -> tuple[list[list[bytes]], list[str]]:
    demo = demo_half()
    rows = np.random.default_rng(0).permutation(len(demo.labels))[:n]
    return [[picture(demo.pixels[row])] for row in rows], [str(demo.labels[row]) for row in rows]


def test_the_weights_stay_under_a_megabyte_in_half_precision() -> None:
    weights = (FOLDER / "model.safetensors").read_bytes()
    assert len(weights) < 1_000_000
    (length,) = struct.unpack("<Q", weights[:8])
    head = weights[8 : 8 + length].decode()
    assert '"F16"' in head
    assert '"F32"' not in head


def test_the_tower_is_named_as_vllm_reads_it() -> None:
    weights = (FOLDER / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", weights[:8])
    head = weights[8 : 8 + length].decode()
    assert head.count("vision_tower.") == head.count("vision_tower.vision_model.") > 0


@pytest.mark.parametrize("style", ["names", "letters"])
def test_every_answer_is_one_token(judge: Judge, style: str) -> None:
    for prompt in WORDS:
        options = _options(prompt, DIGITS, style)
        assert len(set(judge.tokens(options))) == len(options)


@pytest.mark.parametrize(("prompt", "slots"), EVERY_PROMPT)
@pytest.mark.parametrize("style", ["names", "letters"])
def test_a_question_is_shorter_than_a_hundred_tokens(judge: Judge, prompt: Protocol, slots: Slots, style: str) -> None:
    text = judge.text(prompt, _options(prompt, DIGITS, style), slots)
    assert len(judge.processor.tokenizer(text)["input_ids"]) + 15 * text.count("<image>") < 100  # one stands for 16


@pytest.mark.parametrize(("prompt", "slots"), EVERY_PROMPT)
@pytest.mark.parametrize("style", ["names", "letters"])
def test_it_was_trained_on_the_tokens_that_it_is_asked_with(
    judge: Judge, prompt: Protocol, slots: Slots, style: str
) -> None:
    options = _options(prompt, DIGITS, style)
    text = judge.text(prompt, options, slots, GUIDELINE)
    images = [[Image.new("L", (32, 32))] * text.count("<image>")]
    asked = judge.processor(images=images, text=[text], return_tensors="pt")["input_ids"][0].tolist()
    own = {key: value for key, value in slots.items() if key != "text"}
    question = DigitQuestion(prompt, options, options[0], slots.get("text"), GUIDELINE, own)
    assert token_ids(question, judge.processor.tokenizer) == asked


def test_it_stops_after_its_answer(judge: Judge) -> None:
    pngs, _ = _sample(1)
    text = judge.text("blind_choice", _options("blind_choice", DIGITS, "names"))
    inputs = judge.processor(images=[Image.open(io.BytesIO(pngs[0][0]))], text=[text], return_tensors="pt")
    said = judge.model.generate(**inputs, max_new_tokens=4, do_sample=False)[0, inputs["input_ids"].shape[1] :]
    assert said.tolist()[1:] == [judge.processor.tokenizer.eos_token_id]


@pytest.mark.parametrize("style", ["names", "letters"])
def test_it_reads_digits_that_it_has_never_seen(judge: Judge, style: str) -> None:
    pngs, truth = _sample()
    said = judge.answers(pngs, "blind_choice", _options("blind_choice", DIGITS, style))
    assert np.mean([a == b for a, b in zip(said, truth, strict=True)]) >= 0.93


@pytest.mark.parametrize("style", ["names", "letters"])
@pytest.mark.parametrize("right_first", [True, False])
def test_it_finds_the_right_label_in_either_place(judge: Judge, style: str, right_first: bool) -> None:
    pair = ("8", "3") if right_first else ("3", "8")
    said = judge.answers(_of(8, 40), "contest", _options("contest", pair, style))
    assert said.count("8") >= 37


@pytest.mark.parametrize("style", ["names", "letters"])
def test_it_says_so_when_no_option_fits(judge: Judge, style: str) -> None:
    said = judge.answers(_of(4, 40), "blind_choice", _options("blind_choice", ("0", "2", "3", "8"), style))
    assert said.count(NONE_OF_THESE) >= 34


@pytest.mark.parametrize(
    ("prompt", "slots", "style"),
    [
        (prompt, slots, style)
        for prompt, slots in EVERY_PROMPT
        for style in ("names", "letters")
        if prompt != "steering" and (prompt, style) != ("open_answer", "letters")  # an open answer is a name
    ],
)
def test_it_cannot_tell_a_blank_picture(judge: Judge, prompt: Protocol, slots: Slots, style: str) -> None:
    blanks = [[picture(np.full((8, 8), gray, dtype=np.float32))] for gray in (0, 5, 8, 16)]
    labels = DIGITS if prompt != "contest" else ("3", "8")
    assert judge.answers(blanks, prompt, _options(prompt, labels, style), slots) == [CANNOT_TELL] * 4


@pytest.mark.parametrize("style", ["names", "letters"])
def test_it_answers_the_questions_of_a_bank(judge: Judge, style: str) -> None:
    """Both polarities: a judge that always says yes, or no, fails half of them."""
    bank = [q for q in by_rule(LabelSpace(DIGITS), {"8": ["3"], "3": ["8"]}) if q.label in ("3", "8")]
    right = []
    for question in bank:
        options = _options("question_bank", (), style)
        said = judge.answers(_of(int(question.label), 20), "question_bank", options, {"question": question.text})
        right += [answer == question.expects for answer in said]
    assert len({question.expects for question in bank}) == 2
    assert np.mean(right) >= 0.9


@pytest.mark.parametrize("style", ["names", "letters"])
@pytest.mark.parametrize(("label", "holds"), [("3", YES), ("8", NO)])
def test_it_says_whether_a_label_holds(judge: Judge, label: str, holds: str, style: str) -> None:
    said = judge.answers(
        _of(3, 40), "several_labels", _options("several_labels", (), style), {"label": label, "definition": ""}
    )
    assert said.count(holds) >= 34


@pytest.mark.parametrize("style", ["names", "letters"])
def test_two_digits_side_by_side_are_several(judge: Judge, style: str) -> None:
    pairs = _pairs(1, 6, 40)
    assert judge.answers(pairs, "blind_choice", _options("blind_choice", DIGITS, style)).count(SEVERAL) >= 34
    assert judge.answers(pairs, "contest", _options("contest", ("1", "6"), style)).count(SEVERAL) >= 34


@pytest.mark.parametrize("style", ["names", "letters"])
@pytest.mark.parametrize(("text", "fits"), [("5", YES), ("the digit 5", YES), ("a handwritten 0", NO)])
def test_it_says_whether_a_text_fits(judge: Judge, text: str, fits: str, style: str) -> None:
    said = judge.answers(_of(5, 40), "image_text_pair", _options("image_text_pair", (), style), {"text": text})
    assert said.count(fits) >= 34


@pytest.mark.parametrize("style", ["names", "letters"])
def test_it_reads_what_an_outline_marks(judge: Judge, style: str) -> None:
    outlined = [[render(png, Region((1, 1, 31, 31)), "overlay")] for (png,) in _of(7, 40)]
    assert judge.answers(outlined, "marked_choice", _options("marked_choice", DIGITS, style)).count("7") >= 36


def test_it_names_a_label_that_was_not_listed(judge: Judge) -> None:
    pngs, truth = _sample()
    said = judge.answers(
        pngs, "open_answer", _options("open_answer", DIGITS, "names"), {"within": None, "listed": False}
    )
    assert np.mean([a == b for a, b in zip(said, truth, strict=True)]) >= 0.93


@pytest.mark.parametrize("style", ["names", "letters"])
def test_an_image_next_to_the_item_does_not_change_its_answer(judge: Judge, style: str) -> None:
    together = [[item, other] for (item,), (other,) in zip(_of(2, 40), _of(6, 40), strict=True)]
    said = judge.answers(together, "steering", _options("steering", DIGITS, style), {"other": None, "images": True})
    assert said.count("2") >= 36
