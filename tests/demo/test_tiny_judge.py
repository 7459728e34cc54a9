"""The tiny judge as it is shipped: small, loaded without a warning, and good at errata's own questions on digits."""

from __future__ import annotations

import io
import struct
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from errata.demo.digits import demo_half, picture
from errata.prompts import load
from errata.prompts.options import WORDS, Option, lay_out
from errata.types import CANNOT_TELL, NONE_OF_THESE, OTHER_ANSWERS, Item

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

FOLDER = Path(str(files("errata.demo") / "tiny_judge"))
DIGITS = tuple(map(str, range(10)))


class Judge:
    """The shipped model, asked as errata's local backend asks it."""

    def __init__(self) -> None:
        self.processor = transformers.AutoProcessor.from_pretrained(FOLDER, local_files_only=True)
        self.model = transformers.AutoModelForImageTextToText.from_pretrained(
            FOLDER, local_files_only=True, dtype=torch.float32
        ).eval()

    def answers(self, pngs: list[bytes], prompt: str, options: tuple[Option, ...]) -> list[str]:
        """The key of the most probable option for each picture."""
        words = self.tokens(options)
        images = [Image.open(io.BytesIO(png)) for png in pngs]
        inputs = self.processor(images=images, text=[self.text(prompt, options)] * len(images), return_tensors="pt")
        with torch.no_grad():
            logits = self.model(**inputs, logits_to_keep=1).logits[:, -1]
        return [options[int(best)].key for best in logits[:, words].argmax(1)]

    def text(self, prompt: str, options: tuple[Option, ...]) -> str:
        system, user = load(prompt).render(Item(0, "0", "", None, None, b""), options)
        question = user["content"][-1]["text"]
        messages: list[dict[str, Any]] = [
            {"role": "system", "content": [{"type": "text", "text": system["content"]}]},
            {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]},
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
    words = WORDS[prompt]
    keys = (*labels, *OTHER_ANSWERS)
    return lay_out([(key, words.get(key, key), "") for key in keys], aliased=style == "letters")


def _sample(n: int = 100) -> tuple[list[bytes], list[str]]:
    demo = demo_half()
    rows = np.random.default_rng(0).permutation(len(demo.labels))[:n]
    return [picture(demo.pixels[row]) for row in rows], [str(demo.labels[row]) for row in rows]


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
        assert len(set(judge.tokens(_options(prompt, DIGITS, style)))) == 13


def test_a_question_is_shorter_than_a_hundred_tokens(judge: Judge) -> None:
    text = judge.text("blind_choice", _options("blind_choice", DIGITS, "letters"))
    assert len(judge.processor.tokenizer(text)["input_ids"]) + 15 < 100  # one <image> stands for 16


def test_it_stops_after_its_answer(judge: Judge) -> None:
    pngs, _ = _sample(1)
    text = judge.text("blind_choice", _options("blind_choice", DIGITS, "names"))
    inputs = judge.processor(images=[Image.open(io.BytesIO(pngs[0]))], text=[text], return_tensors="pt")
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
    demo = demo_half()
    eights = [picture(digit) for digit in demo.pixels[demo.labels == 8][:40]]
    pair = ("8", "3") if right_first else ("3", "8")
    said = judge.answers(eights, "contest", _options("contest", pair, style))
    assert said.count("8") >= 37


@pytest.mark.parametrize("style", ["names", "letters"])
def test_it_says_so_when_no_option_fits(judge: Judge, style: str) -> None:
    demo = demo_half()
    fours = [picture(digit) for digit in demo.pixels[demo.labels == 4][:40]]
    said = judge.answers(fours, "blind_choice", _options("blind_choice", ("0", "2", "3", "8"), style))
    assert said.count(NONE_OF_THESE) >= 34


@pytest.mark.parametrize("style", ["names", "letters"])
@pytest.mark.parametrize("prompt", ["blind_choice", "contest"])
def test_it_cannot_tell_a_blank_picture(judge: Judge, prompt: str, style: str) -> None:
    blanks = [picture(np.full((8, 8), gray, dtype=np.float32)) for gray in (0, 5, 8, 16)]
    labels = DIGITS if prompt == "blind_choice" else ("3", "8")
    assert judge.answers(blanks, prompt, _options(prompt, labels, style)) == [CANNOT_TELL] * 4
