"""A transformers model in this process. The models are tiny and random; only how they are asked is tested."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from transformers import AutoModelForCausalLM, AutoTokenizer

from errata.errors import ModelRefused, SetupError
from errata.prompts import load
from errata.prompts.options import lay_out
from errata.testing import MemoryCalls
from errata.tools.judging.backends.local import LocalModel
from errata.tools.judging.backends.weights import images_of
from errata.tools.judging.chat import ChatReply, ChatRequest
from errata.tools.judging.door import Door
from errata.tools.judging.examine import judge_items
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import Item, LabelSpace
from tests.tools.judging.backends.tiny_models import language_model, vision_language_model


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return language_model(tmp_path_factory.mktemp("language"))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return vision_language_model(tmp_path_factory.mktemp("vision"))


def png(color: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (16, 16), color).save(out, "PNG")
    return out.getvalue()


def request(text: str | None, *labels: str, image: bytes | None = None, aliased: bool = True) -> ChatRequest:
    options = lay_out([(label, label, "") for label in labels], aliased=aliased)
    messages = load("blind_choice").render(Item.of(0, "0", "sha", None, text, image), options)
    return ChatRequest(tuple(messages), tuple(option.answer for option in options), 8)


def replies(folder: Path, *requests: ChatRequest) -> list[ChatReply | BaseException]:
    async def main() -> list[ChatReply | BaseException]:
        model = LocalModel(str(folder))
        try:
            return await asyncio.gather(*map(model.complete, requests), return_exceptions=True)
        finally:
            await model.close()

    return asyncio.run(main())


def reply(folder: Path, asked: ChatRequest) -> ChatReply:
    (found,) = replies(folder, asked)
    assert isinstance(found, ChatReply)
    return found


def prompt_of(tokenizer: Any, asked: ChatRequest) -> torch.Tensor:
    """i64[1, T]: the request as the tokenizer's own chat template lays it out."""
    ids_1T: torch.Tensor = tokenizer.apply_chat_template(
        list(asked.messages), add_generation_prompt=True, return_tensors="pt", return_dict=True
    )["input_ids"]
    return ids_1T


def test_first_token_probabilities_are_those_of_a_plain_forward_pass(texts: Path) -> None:
    asked = request("cat", "cat", "dog")
    found = reply(texts, asked)
    tokenizer, model = AutoTokenizer.from_pretrained(texts), AutoModelForCausalLM.from_pretrained(texts)
    ids_1T = prompt_of(tokenizer, asked)
    with torch.inference_mode():
        logits_V = model(ids_1T).logits[0, -1]
    log_probs_V = torch.log_softmax(logits_V, dim=-1)
    letters = {
        letter: float(log_probs_V[tokenizer(letter, add_special_tokens=False)["input_ids"][0]]) for letter in "AB"
    }
    assert found.tokens is not None
    assert found.tokens[0].log_probs == pytest.approx(letters, abs=1e-4)
    assert found.text == max(letters, key=letters.__getitem__)
    assert (found.tokens_in, found.tokens_out) == (ids_1T.shape[1], 1)


def test_company_in_a_batch_does_not_change_an_answer(texts: Path) -> None:
    asked = [request("cat " * length, "cat", "dog", "cow") for length in (1, 40, 9)]
    together, alone = replies(texts, *asked), [reply(texts, one) for one in asked]
    for one, other in zip(together, alone, strict=True):
        assert isinstance(one, ChatReply)
        assert one.text == other.text
        assert one.tokens is not None
        assert other.tokens is not None
        assert one.tokens[0].log_probs == pytest.approx(other.tokens[0].log_probs, abs=1e-3)


def test_an_answer_of_several_tokens_is_always_one_of_the_choices(texts: Path) -> None:
    asked = [request(f"item {n}", "none of those", "none of these", "nonesuch", aliased=False) for n in range(12)]
    found = replies(texts, *asked)
    assert {one.text for one in found if isinstance(one, ChatReply)} <= set(asked[0].choices)
    assert not any(isinstance(one, BaseException) for one in found)


def test_a_picture_changes_the_answers_probabilities(pictures: Path) -> None:
    red, blue = (reply(pictures, request(None, "cat", "dog", image=png(color))) for color in ("red", "blue"))
    assert red.tokens != blue.tokens
    assert red.tokens_in == blue.tokens_in


def test_pictures_and_texts_may_come_together(pictures: Path) -> None:
    found = replies(pictures, request("cat", "cat", "dog"), request(None, "cat", "dog", image=png("red")))
    assert [type(one) for one in found] == [ChatReply, ChatReply]


def test_a_mark_of_the_chat_template_in_an_item_is_only_text(pictures: Path) -> None:
    plain = reply(pictures, request("a <image> b", "cat", "dog", image=png("red")))
    assert plain.tokens_in > 0


def test_one_bad_request_does_not_take_its_batch_with_it(pictures: Path) -> None:
    good = request(None, "cat", "dog", image=png("red"))
    long = request("cat " * 2000, "cat", "dog")
    broken = request(None, "cat", "dog", image=b"\x89PNG no image")
    found = replies(pictures, good, long, broken, good)
    assert [type(one) for one in found] == [ChatReply, ModelRefused, ModelRefused, ChatReply]
    assert "the model takes 511" in str(found[1])
    assert "image" in str(found[2])


def test_an_image_is_refused_by_a_model_that_cannot_see(texts: Path) -> None:
    (found,) = replies(texts, request(None, "cat", "dog", image=png("red")))
    assert isinstance(found, ModelRefused)
    assert "cannot see" in str(found)


def test_requests_with_and_without_choices_are_answered_together(texts: Path) -> None:
    closed = request("cat", "cat", "dog")
    short, long = (ChatRequest(closed.messages, (), tokens) for tokens in (2, 9))
    found = replies(texts, long, closed, short)
    assert all(isinstance(one, ChatReply) for one in found)
    first, middle, last = (one for one in found if isinstance(one, ChatReply))
    assert (first.tokens_out, last.tokens_out) == (9, 2)
    assert first.text.startswith(last.text)
    assert first.tokens is None
    assert middle == replace(reply(texts, closed), ms=middle.ms, tokens=middle.tokens)


def test_free_text_is_what_the_model_itself_would_write(texts: Path) -> None:
    asked = ChatRequest(request("cat", "cat", "dog").messages, (), 3)
    tokenizer, model = AutoTokenizer.from_pretrained(texts), AutoModelForCausalLM.from_pretrained(texts)
    said = prompt_of(tokenizer, asked)
    with torch.inference_mode():
        for _ in range(3):
            said = torch.cat([said, model(said).logits[:, -1:].argmax(-1)], dim=1)
    assert reply(texts, asked).text == tokenizer.decode(said[0, -3:])


def test_other_weights_are_another_judge(texts: Path, tmp_path: Path) -> None:
    assert LocalModel(str(texts)).name == LocalModel(str(texts)).name
    assert (
        LocalModel(str(language_model(tmp_path, seed=1))).name.split("@")[1]
        != LocalModel(str(texts)).name.split("@")[1]
    )


def test_a_folder_with_a_broken_model_is_named(texts: Path, tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((texts / name).read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"cut short")
    (found,) = replies(tmp_path, request("cat", "cat", "dog"))
    assert isinstance(found, SetupError)
    assert str(tmp_path) in str(found)


def test_a_whole_batch_of_items_is_judged(pictures: Path) -> None:
    async def main() -> None:
        model = LocalModel(str(pictures))
        door = Door(model, MemoryCalls(), Budget())
        tasks = [
            JudgeTask(Item.of(n, str(n), str(n), "cat", None, png(color)), protocol, ("cat", "dog"))
            for n, color in enumerate(("red", "blue", "green"))
            for protocol in ("blind_choice", "contest")
        ]
        found = await judge_items(door, tasks, JudgeSetup(LabelSpace(("cat", "dog")), style="names"))
        await door.close()
        assert [verdict.readable for verdict in found.verdicts] == [True] * 6
        assert all(verdict.judge == model.name for verdict in found.verdicts)

    asyncio.run(main())


def test_images_are_taken_out_of_their_data_urls() -> None:
    assert images_of(request("x", "cat", "dog", image=png("red")).messages) == [png("red")]
