"""What a server sends is parsed without trusting it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errata.tools.judging.backends.failures import ERROR_CHARS, error_text
from errata.tools.judging.backends.replies import read_reply


def completion(content: str | None = "A", positions: list[dict[str, Any]] | None = None, **more: Any) -> bytes:
    choice = {"message": {"content": content}, "logprobs": None if positions is None else {"content": positions}}
    return json.dumps({"model": "served", "choices": [choice], **more}).encode()


def position(token: str, **top: float) -> dict[str, Any]:
    return {"token": token, "logprob": -0.1, "top_logprobs": [{"token": t, "logprob": v} for t, v in top.items()]}


def test_a_completion_becomes_a_reply() -> None:
    body = completion("A", [position("A", A=-0.1, B=-2.5)], usage={"prompt_tokens": 7, "completion_tokens": 2})
    reply = read_reply(body, 12.5)
    assert (reply.text, reply.tokens_in, reply.tokens_out, reply.ms, reply.model) == ("A", 7, 2, 12.5, "served")
    assert reply.tokens == (("A", {"A": -0.1, "B": -2.5}),)


def test_the_answer_begins_after_spaces_and_asterisks() -> None:
    reply = read_reply(completion(" **A**", [position(" **", x=-1.0), position("A", A=-0.2)]), 0)
    assert reply.tokens == (("A", {"A": -0.2}),)


def test_tokens_that_read_alike_add_up() -> None:
    top = [{"token": "\ufffd", "logprob": math.log(0.25)}] * 2
    body = completion("A", [{"token": "A", "logprob": -1.0, "top_logprobs": top}])
    [(token, alternatives)] = read_reply(body, 0).tokens or ()
    assert token == "A" and alternatives == pytest.approx({"\ufffd": math.log(0.5)})


@pytest.mark.parametrize("body", [completion(None), completion(None, [])], ids=["no logprobs", "empty logprobs"])
def test_an_empty_answer_is_an_empty_text(body: bytes) -> None:
    assert (read_reply(body, 0).text, read_reply(body, 0).tokens) == ("", None)


def test_a_token_without_alternatives_stands_for_itself() -> None:
    assert read_reply(completion("A", [position("A")]), 0).tokens == (("A", {"A": -0.1}),)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html>", "no JSON"),
        (b"{}", "choices"),
        (b'{"choices": []}', "choices"),
        (b'{"choices": [{}]}', "message"),
    ],
)
def test_what_is_no_completion_says_what_is_missing(body: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_reply(body, 0)


BODIES = st.recursive(
    st.none() | st.text(), lambda inner: st.dictionaries(st.sampled_from(["error", "message"]), inner)
)


@settings(max_examples=50)
@given(st.binary(max_size=50) | BODIES.map(lambda body: json.dumps(body).encode()))
def test_any_error_body_gives_a_short_reason(body: bytes) -> None:
    assert 0 < len(error_text(body)) <= ERROR_CHARS


@pytest.mark.parametrize(
    "body",
    [b'{"error": {"message": "too long"}}', b'{"message": "too long"}', b'{"detail": "too long"}', b"too\nlong"],
)
def test_the_reason_is_found_in_the_usual_forms(body: bytes) -> None:
    assert error_text(body) == "too long"
