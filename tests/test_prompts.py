"""Prompts: what is rendered, what an answer means, and that an item's text is always presented as data."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from errata.prompts import PARTS, Prompt, load
from errata.prompts.options import NO, WORDS, YES, keys_that_continue, lay_out, read_answer
from errata.prompts.quoting import quoted
from errata.types import CANNOT_TELL, OTHER_ANSWERS, Item, Part, PromptRef

PROMPTS = tuple(WORDS)
EXAMPLES = [
    pytest.param(prompt_id, example, id=f"{prompt_id}-{number}")
    for prompt_id in PROMPTS
    for number, example in enumerate(
        json.loads(files("errata.prompts").joinpath(prompt_id, "examples.json").read_text(encoding="utf-8"))
    )
]
PUBLISHED = {
    "blind_choice": "1169ceb3bf65723074f785299b8e46721e052612784ea7b06bfcbdfec94a2848",
    "contest": "73e25dc75c9a58314859f1e8439ad4c2bb50ccde082ac95049eaa95414bc6985",
    "question_bank": "918c89c798f1b5c429706869ec4c33085f1a7f5426e5caf150c8afd799a5fe45",
    "several_labels": "2811dd92560253b5a71f0ea47af8eeac2f550d61c1670a5ab9fe8e04e4e2111f",
    "open_answer": "401f9377ce0b1eecc53e8b7d997f4da81a3f3bef07adc3c2cca9993f6095c544",
    "image_text_pair": "341493dc69410ec72cefad823054ec5e42c28e0bae98263e23370aa3a2c5b30d",
    "pair_fits": "685dc1bfc20738b38b77b46d55a9fd97e002ec26e2b2aa495167df45a40066ce",
    "anchored_choice": "9412c1c4fcc70686503b4fa9bae3e9eeb194eae16bc3369e37d5db7076e7d756",
    "marked_choice": "279a85a8e3ae43ef5583945bd5ee72b8e2f60ff8b569612965b2a515d71e5fb6",
    "steering": "3a658170777ab5dcb4f7c37c09b8315d7413da1381507762f1c27c4f5908676d",
    "write_questions": "7e7c626d3c172af71c2add23ee944942c02f2aa78278f2d69a163199d9172ae7",
}


def letters(*keys: str) -> Any:
    return lay_out([(key, key, "") for key in keys], aliased=True)


def names(*keys: str) -> Any:
    return lay_out([(key, key, "") for key in keys], aliased=False)


def item(text: str | None, image: bytes | None = None) -> Item:
    return Item.of(0, "0", "sha", None, text, image)


@pytest.mark.parametrize(("prompt_id", "example"), EXAMPLES)
def test_worked_examples_are_what_is_rendered_and_read(prompt_id: str, example: dict[str, Any]) -> None:
    words = WORDS[prompt_id]
    options = lay_out(
        [(key, words.get(key, key), example["definitions"].get(key, "")) for key in example["keys"]],
        aliased=example["style"] == "letters",
    )
    system, user = load(prompt_id).render(item(example["text"]), options, example["guideline"], **example["slots"])
    assert system == {"role": "system", "content": example["system"]}
    assert user == {"role": "user", "content": [{"type": "text", "text": "\n".join(example["user"])}]}
    assert [[said, read_answer(said, options)] for said, _ in example["replies"]] == example["replies"]


@pytest.mark.parametrize("prompt_id", PUBLISHED)
def test_a_published_version_never_changes(prompt_id: str) -> None:
    assert load(prompt_id).ref == PromptRef(prompt_id, "v1", PUBLISHED[prompt_id])


@pytest.mark.parametrize("prompt_id", PROMPTS)
def test_a_first_word_tells_the_other_answers_apart(prompt_id: str) -> None:
    words = WORDS[prompt_id]
    assert CANNOT_TELL in words
    assert set(words) <= {YES, NO, *OTHER_ANSWERS}
    assert len({text.split()[0] for text in words.values()}) == len(words)


def test_the_image_comes_before_everything_else() -> None:
    _, user = load("contest").render(item(None, b"\xff\xd8jpeg"), letters("a", "b"))
    kinds = [part["type"] for part in user["content"]]
    assert kinds == ["image_url", "text"]
    assert user["content"][0]["image_url"]["url"].startswith("data:image/jpeg;base64,")


def test_each_of_several_parts_is_under_its_name_and_in_quotes_that_it_cannot_end() -> None:
    parts = (
        Part("subject", 'a "mail"'),
        Part('bo"dy</s>', "<|im_end|>"),
        Part("front", image=b"png 1"),
        Part("back", image=b"png 2"),
    )
    _, user = load("blind_choice").render(Item(0, "0", "sha", None, parts), letters("a", "b"))
    front, _, back, _, turn = user["content"]
    assert (front["text"], back["text"]) == ('Image "front":', 'Image "back":')
    line = turn["text"].splitlines()[0].removeprefix("Item: ")
    assert json.loads(line) == {"subject": 'a "mail"', 'bo"dy</s>': "<|im_end|>"}
    assert "<|" not in line and "</s>" not in line


def test_an_image_without_text_has_no_empty_item_line() -> None:
    _, user = load("blind_choice").render(item(None, b"png"), letters("a", "b"))
    assert user["content"][1]["text"].startswith("Which option describes the item?")


def test_an_undefined_name_in_a_template_is_an_error() -> None:
    prompt = Prompt(PromptRef("x", "v1", "sha"), dict.fromkeys(PARTS, "{{ nobody }}"))
    with pytest.raises(UndefinedError):
        prompt.render(item("x"), letters("a", "b"))


@given(st.text(max_size=80))
def test_an_item_stays_one_json_string_on_one_line(text: str) -> None:
    line = quoted(text)
    assert json.loads(line) == text
    assert "\n" not in line


@pytest.mark.parametrize(
    "mark",
    [
        "<|im_end|>",
        "</s>",
        "<s>",
        "<image>",
        "<start_of_turn>",
        "<end_of_turn>",
        "[INST]",
        "[/INST]",
        "<\uff5cUser\uff5c>",
    ],
)
def test_marks_of_chat_templates_do_not_survive_in_an_item(mark: str) -> None:
    line = quoted(f"before {mark} after")
    assert mark not in line
    assert json.loads(line) == f"before {mark} after"


@pytest.mark.parametrize("text", ["a < b and c > d", "<b>bold</b>", "see [1] and [citation needed]", "x<y"])
def test_ordinary_brackets_are_left_alone(text: str) -> None:
    assert quoted(text) == json.dumps(text)


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=8, unique=True))
def test_a_label_cannot_look_like_two_options(labels: list[str]) -> None:
    options = letters(*labels)
    _, user = load("blind_choice").render(item("x"), options)
    lines = user["content"][0]["text"].split("\n")
    assert sum(bool(re.match(r"^[A-Z]\) ", line)) for line in lines) == len(labels)


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=8, unique=True), st.text(max_size=30))
def test_an_answer_is_one_of_the_options_or_none(labels: list[str], said: str) -> None:
    for options in (letters(*labels), names(*labels)):
        assert read_answer(said, options) in {None, *labels}


@given(st.lists(st.sampled_from(["cat", "Cat", "CAT.", "dog", "the cat", "1", "10"]), min_size=1, unique=True))
def test_every_option_answered_in_its_own_words_is_read_as_itself(labels: list[str]) -> None:
    for options in (letters(*labels), names(*labels)):
        assert [read_answer(option.answer, options) for option in options] == labels


def test_an_answer_that_fits_two_options_is_unreadable() -> None:
    assert read_answer("CAT", names("cat", "Cat")) is None


@pytest.mark.parametrize(
    ("token", "keys"),
    [("B", ("dog",)), (" b", ("dog",)), ("(B", ("dog",)), ("dog", ()), ("", ()), (" ", ()), ("AB", ()), ("Z", ())],
)
def test_a_first_token_names_a_letter_whole(token: str, keys: tuple[str, ...]) -> None:
    assert keys_that_continue("", token, letters("cat", "dog")) == keys


@pytest.mark.parametrize(
    ("token", "keys"),
    [
        ("sports", ("sports car", "sports bike")),
        (" sports b", ("sports bike",)),
        ("Sports", ("sports car", "sports bike")),
        ("1", ("1", "10")),
        ("10", ("10",)),
        ("car", ()),
        ("", ()),
    ],
)
def test_a_first_token_may_begin_several_options(token: str, keys: tuple[str, ...]) -> None:
    assert keys_that_continue("", token, names("sports car", "sports bike", "1", "10")) == keys


def test_more_options_than_letters_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 26 options, got 27"):
        letters(*map(str, range(27)))
