"""A server that behaves, and all the ways in which one does not. The stub listens on this machine."""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TypeVar

import pytest
from openai import AsyncOpenAI

from errata.errors import ModelError, ModelRefused
from errata.prompts import load
from errata.testing import MemoryCalls
from errata.tools.judging.backends.capabilities import Capabilities
from errata.tools.judging.backends.server import ServerModel
from errata.tools.judging.chat import ChatReply, ChatRequest, TokenChoice
from errata.tools.judging.door import Door
from errata.tools.judging.examine import Judged, judge_items
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.reading.closed_question import ClosedQuestion, lay_out_for
from errata.tools.judging.reading.reading import read
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.types import OTHER_ANSWERS, Item, LabelSpace
from tests.integration.openai_stub import Knobs, Stub, serving

T = TypeVar("T")
SPACE = LabelSpace(("cat", "dog"))
OPTIONS = lay_out_for("blind_choice", ("dog", "cat", *OTHER_ANSWERS), "letters", SPACE)


def question(text: str = "it is a cat", image: bytes | None = None) -> ChatRequest:
    item = Item.of(0, "0", f"sha of {text}", "dog", text, image)
    messages = load("blind_choice").render(item, OPTIONS)
    return ChatRequest(tuple(messages), tuple(option.answer for option in OPTIONS), 4)


def with_server(
    knobs: Knobs, use: Callable[[ServerModel, Stub], Awaitable[T]], *, model: str = "stub", path: str = ""
) -> T:
    async def main() -> T:
        async with serving(knobs) as (stub, url):
            server = ServerModel(model, (path and url.replace("/v1", path)) or url, timeout_s=2.0, first_wait_s=0.001)
            try:
                return await use(server, stub)
            finally:
                await server.close()

    return asyncio.run(main())


def reply_of(knobs: Knobs, request: ChatRequest | None = None) -> ChatReply:
    return with_server(knobs, lambda server, _: server.complete(request or question()))


def error_of(knobs: Knobs, request: ChatRequest | None = None, *, model: str = "stub", path: str = "") -> ModelError:
    async def use(server: ServerModel, _: Stub) -> ModelError:
        with pytest.raises(ModelError) as error:
            await server.complete(request or question())
        return error.value

    return with_server(knobs, use, model=model, path=path)


def test_an_answer_comes_back_with_its_probabilities_tokens_and_time() -> None:
    reply = reply_of(Knobs())
    assert reply.text == "B"
    assert reply.tokens is not None
    assert math.exp(reply.tokens[0].log_probs["B"]) == pytest.approx(0.9)
    assert (reply.tokens_in, reply.tokens_out, reply.model) == (100, 2, "stub-as-served")
    assert reply.ms > 0


def test_the_request_is_the_openai_form_with_vllms_constraint() -> None:
    async def use(server: ServerModel, stub: Stub) -> None:
        await server.complete(question(image=b"\x89PNG..."))
        (body,) = stub.bodies
        assert body["structured_outputs"] == {"choice": ["A", "B", "C", "D", "E"]}
        assert (body["temperature"], body["seed"], body["logprobs"], body["top_logprobs"]) == (0.0, 0, True, 20)
        assert [part["type"] for part in body["messages"][-1]["content"]] == ["text", "image_url", "text"]

    with_server(Knobs(), use)


def test_the_openai_sdk_with_the_same_request_gives_the_same_reading() -> None:
    async def use(server: ServerModel, _: Stub) -> None:
        request = question()
        ours = await server.complete(request)
        body = server.body(request)
        constraint = {"structured_outputs": body.pop("structured_outputs")}
        async with AsyncOpenAI(base_url=server.base_url, api_key="none", max_retries=0) as client:
            theirs = await client.chat.completions.create(**body, extra_body=constraint)
        choice = theirs.choices[0]
        assert choice.logprobs is not None
        assert choice.logprobs.content is not None
        (first,) = choice.logprobs.content
        tokens = (TokenChoice(first.token, {top.token: top.logprob for top in first.top_logprobs}),)
        assert read(ours.text, ours.tokens, OPTIONS) == read(choice.message.content or "", tokens, OPTIONS)
        assert read(ours.text, ours.tokens, OPTIONS) is not None

    with_server(Knobs(), use)


def test_the_key_is_sent_and_appears_in_no_error_and_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERRATA_API_KEY", "hunter2")

    async def use(server: ServerModel, stub: Stub) -> None:
        calls = MemoryCalls()
        door = Door(server, calls, Budget())
        item = Item.of(0, "0", "sha", None, "a cat")
        asked = ClosedQuestion(load("blind_choice"), item, (), OPTIONS, "")
        await door.ask(asked.ask())
        assert stub.headers[0]["Authorization"] == "Bearer hunter2"
        assert "hunter2" not in str([asdict(call) for call in calls.calls.values()])
        stub.knobs.key = "another"
        with pytest.raises(ModelError, match=r"key is missing or wrong \(HTTP 401\): set ERRATA_API_KEY") as error:
            await server.complete(question("a dog"))
        assert "hunter2" not in str(error.value)
        assert "hunter2" not in repr(vars(server))

    with_server(Knobs(key="hunter2"), use)


def test_without_a_key_none_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ERRATA_API_KEY", raising=False)

    async def use(server: ServerModel, stub: Stub) -> None:
        await server.complete(question())
        assert "Authorization" not in stub.headers[0]

    with_server(Knobs(), use)


def test_a_wrong_model_name_gets_the_nearest_that_is_served() -> None:
    error = error_of(Knobs(model="Qwen/Qwen3-VL-8B"), model="Qwen/Qwen3-VL-8b")
    assert "has no model 'Qwen/Qwen3-VL-8b' (nearest: 'Qwen/Qwen3-VL-8B')" in str(error)


def test_an_address_without_the_api_says_how_it_should_end() -> None:
    assert "Should it end in /v1?" in str(error_of(Knobs(), path="/api"))


def test_a_server_that_is_down_is_named_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"

        async def main() -> None:
            server = ServerModel("stub", url)
            with pytest.raises(ModelError, match=f"Nothing answers at {url}.*Is the server running"):
                await server.complete(question())
            await server.close()

        asyncio.run(main())


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 0])
def test_what_can_heal_is_tried_again(status: int) -> None:
    async def use(server: ServerModel, stub: Stub) -> None:
        assert (await server.complete(question())).text == "B"
        assert len(stub.bodies) == 3

    with_server(Knobs(fail=[status, status]), use)


def test_the_server_says_how_long_to_wait() -> None:
    async def use(server: ServerModel, stub: Stub) -> float:
        loop = asyncio.get_running_loop()
        started = loop.time()
        await server.complete(question())
        return loop.time() - started

    assert with_server(Knobs(fail=[429], retry_after="0.3"), use) >= 0.3


def test_trying_again_ends() -> None:
    error = error_of(Knobs(fail_always=503))
    assert not isinstance(error, ModelRefused)
    assert "failed 6 times in a row: HTTP 503: out of order" in str(error)


def test_no_answer_in_time_ends_too() -> None:
    async def use(server: ServerModel, _: Stub) -> ModelError:
        impatient = ServerModel("stub", server.base_url, timeout_s=0.05, first_wait_s=0.001)
        with pytest.raises(ModelError) as error:
            await impatient.complete(question())
        await impatient.close()
        return error.value

    assert "no answer within 0.05 seconds" in str(with_server(Knobs(latency_s=0.3), use))


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_request_that_the_server_will_not_take_is_refused_without_another_try(status: int) -> None:
    async def use(server: ServerModel, stub: Stub) -> None:
        with pytest.raises(ModelRefused, match=f"HTTP {status}: out of order"):
            await server.complete(question())
        assert len(stub.bodies) == 1

    with_server(Knobs(fail_always=status), use)


def test_one_request_on_which_the_server_always_fails_is_refused_while_others_pass() -> None:
    async def use(server: ServerModel, _: Stub) -> None:
        async def others() -> None:
            for number in range(40):
                await server.complete(question(f"cat {number}"))

        background = asyncio.ensure_future(others())
        with pytest.raises(ModelRefused, match="the server failed on this request 6 times"):
            await server.complete(question("poison"))
        await background

    with_server(Knobs(fail_always=500, only_fail="poison"), use)


def test_fields_that_a_server_does_not_know_are_left_out() -> None:
    async def use(server: ServerModel, stub: Stub) -> None:
        reply = await server.complete(question())
        assert (reply.text, reply.tokens) == ("B", None)
        await server.complete(question("another cat"))
        assert len(stub.bodies) == 4
        assert set(stub.bodies[-1]) == {"model", "messages", "max_tokens", "temperature", "seed"}

    with_server(Knobs(unknown_fields=("structured_outputs", "logprobs")), use)


def test_a_server_that_has_answered_knows_the_fields_and_only_repeats_an_items_words() -> None:
    async def use(server: ServerModel, stub: Stub) -> None:
        await server.complete(question())
        with pytest.raises(ModelRefused):
            await server.complete(question("poison"))
        assert "logprobs" in server.body(question())

    with_server(Knobs(fail_always=400, only_fail="poison", reason="cannot parse: poison, logprobs, seed"), use)


def test_a_redirect_is_not_followed() -> None:
    async def use(server: ServerModel, stub: Stub) -> None:
        with pytest.raises(ModelError, match="redirects to '/v1/chat/completions': name that address itself"):
            await server.complete(question())
        assert stub.bodies == []

    with_server(Knobs(), use, path="/elsewhere")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert reply_of(Knobs()).text == "B"


def test_a_server_without_log_probabilities_still_answers() -> None:
    assert reply_of(Knobs(logprobs=False)).tokens is None


def judged(knobs: Knobs, texts: list[str], calls: MemoryCalls | None = None) -> Judged:
    async def use(server: ServerModel, _: Stub) -> Judged:
        door = Door(server, calls or MemoryCalls(), Budget())
        tasks = [
            JudgeTask(Item.of(i, str(i), f"sha{i}", "dog", text), protocol, ("dog", "cat"))
            for i, text in enumerate(texts)
            for protocol in ("blind_choice", "contest")
        ]
        return await judge_items(door, tasks, JudgeSetup(SPACE))

    return with_server(knobs, use)


def test_a_server_that_ignores_the_constraint_is_noticed() -> None:
    found = judged(Knobs(says="Sure! I would go for cat."), ["a cat"])
    assert [verdict.readable for verdict in found.verdicts] == [False, False]
    assert found.verdicts[0].said == "Sure! I would go for cat."


def test_an_over_long_item_is_unreadable_and_the_others_are_judged() -> None:
    found = judged(Knobs(max_chars=5000), ["a cat", "cat " * 2000, "a dog"])
    assert found.stopped is None
    assert [(verdict.idx, verdict.readable) for verdict in found.verdicts] == [
        (0, True), (0, True), (1, False), (1, False), (2, True), (2, True)
    ]  # fmt: skip
    assert "maximum context length" in found.verdicts[2].said


def test_a_second_judging_of_the_same_items_asks_the_server_nothing() -> None:
    calls = MemoryCalls()
    first = judged(Knobs(), ["a cat", "a dog"], calls)
    second = judged(Knobs(fail_always=500), ["a cat", "a dog"], calls)
    assert [verdict.log_probs for verdict in first.verdicts] == [verdict.log_probs for verdict in second.verdicts]
    assert all(verdict.cached for verdict in second.verdicts)


def test_hundreds_of_calls_are_in_flight_at_once() -> None:
    async def use(server: ServerModel, stub: Stub) -> int:
        await asyncio.gather(*(server.complete(question(f"cat {n}")) for n in range(150)))
        return stub.most_at_once

    assert with_server(Knobs(latency_s=0.8), use) > 100


def test_one_answer_outside_its_choices_tells_that_the_constraint_is_ignored(caplog: pytest.LogCaptureFixture) -> None:
    async def use(server: ServerModel, _: Stub) -> None:
        await server.complete(question())
        await server.complete(question("a dog"))
        assert (server.capabilities.constraint, server.outside) == (False, 2)

    with_server(Knobs(says="I would go for cat."), use)
    (warning,) = caplog.messages
    assert "ignores the constraint" in warning
    assert "errata doctor stub@http://127.0.0.1" in warning


@pytest.mark.parametrize("says", ["B", " B\n", ""])
def test_an_answer_inside_its_choices_or_cut_short_proves_nothing(says: str) -> None:
    async def use(server: ServerModel, _: Stub) -> None:
        await server.complete(question())
        assert (server.capabilities.constraint, server.outside) == (None, 0)

    with_server(Knobs(says=says), use)


def test_what_the_server_is_known_to_ignore_is_not_sent() -> None:
    known = Capabilities(constraint=False, log_probs=False)
    body = ServerModel("stub", "http://127.0.0.1:1/v1", capabilities=known).body(question())
    assert set(body) == {"model", "messages", "max_tokens", "temperature", "seed"}


def test_a_judge_known_to_be_blind_is_shown_no_image() -> None:
    async def main() -> None:
        blind = ServerModel("stub", "http://127.0.0.1:1/v1", capabilities=Capabilities(images=False))
        with pytest.raises(ModelError, match=r"cannot see images.*errata doctor stub@http://127.0.0.1:1/v1"):
            await blind.complete(question(image=b"\x89PNG..."))

    asyncio.run(main())


def test_a_server_that_refuses_the_first_image_is_one_to_ask_the_doctor_about() -> None:
    error = error_of(Knobs(fail_always=400, reason="stub is not a multimodal model"), question(image=b"\x89PNG..."))
    assert isinstance(error, ModelRefused)
    assert "not a multimodal model (Does it see images? What it can do: errata doctor stub@" in str(error)


@pytest.mark.parametrize("knobs", [Knobs(max_model_len=2048), Knobs(no_models=True), Knobs(max_model_len=None)])
def test_the_context_length_is_known_if_the_server_reports_it(knobs: Knobs) -> None:
    told = None if knobs.no_models else knobs.max_model_len
    assert with_server(knobs, lambda server, _: server.context_tokens()) == told
