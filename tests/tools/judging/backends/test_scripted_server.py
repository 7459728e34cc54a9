"""Replies as real servers send them, scripted: the same judge, one oddity at a time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from errata.errors import ModelError, ModelRefused
from errata.tools.judging.backends.server import ServerModel
from errata.tools.judging.chat import ChatReply, ChatRequest
from errata.tools.judging.reading.reading import read
from tests.tools.judging.backends.test_server import OPTIONS, question

Script = Callable[[int, dict[str, Any]], Any]
"""Maps a request's number and body to the reply: JSON sent with status 200, bytes, or a response."""
TOP = [{"token": "B", "logprob": -0.1}, {"token": "A", "logprob": -3.0}]


def said(content: Any, *, top: Any = None, **more: Any) -> dict[str, Any]:
    logprobs = None if top is None else {"content": [{"token": "B", "logprob": -0.1, "top_logprobs": top}]}
    message = {"role": "assistant", "content": content, **more.pop("message", {})}
    usage = {"prompt_tokens": 9, "completion_tokens": 1}
    return {"model": "m", "choices": [{"message": message, "logprobs": logprobs, **more}], "usage": usage}


def asked(script: Script, request: ChatRequest | None = None) -> tuple[ChatReply, list[dict[str, Any]]]:
    bodies: list[dict[str, Any]] = []

    async def answer(got: web.Request) -> web.StreamResponse:
        bodies.append(await got.json())
        found = script(len(bodies), bodies[-1])
        if isinstance(found, web.StreamResponse):
            return found
        return web.Response(body=found if isinstance(found, bytes) else json.dumps(found).encode())

    async def main() -> ChatReply:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        model = ServerModel("m", f"http://127.0.0.1:{runner.addresses[0][1]}/v1", first_wait_s=0.001)
        try:
            return await model.complete(request or question())
        finally:
            await model.close()
            await runner.cleanup()

    return asyncio.run(main()), bodies


def key_of(reply: ChatReply) -> str | None:
    reading = read(reply.text, reply.tokens, OPTIONS)
    return reading.key if reading else None


@pytest.mark.parametrize(
    "completion",
    [
        said("B", top=[*TOP, {"token": "C", "logprob": None}]),
        said("B", top=[*TOP, None, {"token": None, "logprob": -1.0}]),
        said("B", top=TOP) | {"model": None},
        said("B", top=TOP) | {"usage": None},
        said("B", top=TOP) | {"usage": {"prompt_tokens": None, "completion_tokens": "one"}},
        said("B", top=TOP) | {"error": None},
        said([{"type": "text", "text": "B"}], top=TOP),
        said([{"type": "thinking", "thinking": []}, "B"], top=TOP),
    ],
)
def test_what_is_missing_is_not_known_and_the_answer_is_read(completion: dict[str, Any]) -> None:
    reply, _ = asked(lambda *_: completion)
    assert key_of(reply) == "cat" and reply.tokens is not None
    assert reply.tokens_in > 0 and reply.tokens_out > 0


@pytest.mark.parametrize(
    "logprobs", [{"content": [{"token": "B", "logprob": None, "top_logprobs": None}]}, {"content": [None]}, [], "x", 3]
)
def test_probabilities_of_another_form_are_not_known(logprobs: Any) -> None:
    reply, _ = asked(lambda *_: said("B") | {"choices": [{"message": {"content": "B"}, "logprobs": logprobs}]})
    assert (key_of(reply), reply.tokens) == ("cat", None)


def test_tokens_that_a_server_does_not_report_are_estimated_and_said_so() -> None:
    told, _ = asked(lambda *_: said("B"))
    untold, _ = asked(lambda *_: said("B") | {"usage": None})
    assert (told.tokens_in, told.estimated, untold.estimated) == (9, False, True)
    assert untold.tokens_in > 50


@pytest.mark.parametrize(
    "first",
    [
        {"error": {"message": "upstream overloaded", "code": 502}},
        {"error": "something broke"},
        {"message": "rate limit", "code": 429},
        {"choices": [], "error": {"message": "rate limit, try again in 1 ms"}},
        {"choices": [{"message": {"content": None}, "error": {"message": "provider timeout"}}]},
        b"<html><title>502</title></html>",
        b"",
        b"[]",
        {"choices": [{}]},
    ],
)
def test_what_may_pass_under_status_200_is_tried_again(first: Any) -> None:
    reply, bodies = asked(lambda n, _: first if n == 1 else said("B"))
    assert (key_of(reply), len(bodies)) == ("cat", 2)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"error": {"message": "maximum context length is 10", "code": 400}}, "maximum context length is 10"),
        (said(None, message={"refusal": "I cannot look at that"}), "I cannot look at that"),
        (said("", finish_reason="content_filter"), "content filter"),
    ],
)
def test_what_the_server_will_not_answer_is_refused_once_with_its_words(sent: Any, words: str) -> None:
    with pytest.raises(ModelRefused, match=words):
        asked(lambda n, _: sent if n == 1 else said("B"))


def test_an_error_that_stays_is_shown_in_the_servers_words() -> None:
    with pytest.raises(ModelError, match="Provider returned error: upstream overloaded") as error:
        asked(lambda *_: {"error": {"message": "Provider returned error: upstream overloaded", "code": 502}})
    assert not isinstance(error.value, ModelRefused)


def test_what_is_used_up_is_not_waited_for() -> None:
    error = {"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}
    with pytest.raises(ModelError, match="is used up"):
        asked(lambda *_: web.json_response(error, status=429))


@pytest.mark.parametrize("wait", [{"Retry-After": "0.01"}, {"Retry-After-Ms": "5"}, {}])
@pytest.mark.parametrize("status", [429, 529])
def test_busy_is_waited_for_more_often_than_broken_is_tried(status: int, wait: dict[str, str]) -> None:
    busy = {"error": {"message": "slow down"}}
    times = 9 if wait else 3
    reply, bodies = asked(
        lambda n, _: web.json_response(busy, status=status, headers=wait) if n <= times else said("B")
    )
    assert (key_of(reply), len(bodies)) == ("cat", times + 1)


THOUGHTS = [
    said("<think>\nOkay, the"),
    said(None, message={"reasoning_content": "Okay, the"}),
    said("", message={"reasoning": "Okay, the"}),
    said(None, finish_reason="length"),
    said([{"type": "thinking", "thinking": [{"type": "text", "text": "Okay"}]}]),
    said("[THINK]Okay"),
    said("<|channel|>analysis<|message|>Okay"),
]


@pytest.mark.parametrize("thought", THOUGHTS)
def test_thinking_without_an_answer_is_asked_off(thought: dict[str, Any]) -> None:
    reply, bodies = asked(lambda _, body: said("B") if "chat_template_kwargs" in body else thought)
    assert (key_of(reply), len(bodies)) == ("cat", 2)
    assert bodies[1]["chat_template_kwargs"]["enable_thinking"] is False
    assert reply.tokens_in == 18, "what the thoughts took is counted"


def test_thinking_that_cannot_be_switched_off_gets_room() -> None:
    def script(_: int, body: dict[str, Any]) -> Any:
        if "chat_template_kwargs" in body:
            return web.json_response({"error": {"message": "Unrecognized: chat_template_kwargs"}}, status=400)
        return said("<think>it purrs</think>\n\nB" if body["max_tokens"] > 1000 else "<think>it")

    reply, bodies = asked(script)
    assert (key_of(reply), len(bodies)) == ("cat", 3)


@pytest.mark.parametrize("content", ["<think>it purrs</think>B", "it purrs</think>\n**B**", "<think></think>B"])
def test_an_answer_after_the_thoughts_is_read_at_once(content: str) -> None:
    reply, bodies = asked(lambda *_: said(content))
    assert (key_of(reply), len(bodies)) == ("cat", 1)


def test_probabilities_are_those_of_the_answer_not_of_the_thoughts() -> None:
    tokens = [("<think>", []), ("A", [{"token": "A", "logprob": -0.01}]), ("</think>", []), ("B", TOP)]
    content = [{"token": token, "logprob": -0.1, "top_logprobs": top} for token, top in tokens]
    choice = {"message": {"content": "<think>A</think>B"}, "logprobs": {"content": content}}
    reply, _ = asked(lambda *_: {"choices": [choice]})
    reading = read(reply.text, reply.tokens, OPTIONS)
    assert reading is not None and reading.log_probs is not None
    assert max(reading.log_probs, key=reading.log_probs.__getitem__) == "cat"
