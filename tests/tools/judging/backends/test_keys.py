"""A key goes only to the judge it is for, and never comes back."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from aiohttp import web

from errata.errors import ModelError, SetupError
from errata.tools.judging.backends.keys import Key, key_of, variable_of, without_keys
from errata.tools.judging.backends.server import ServerModel
from errata.tools.judging.chat import ChatReply, ChatRequest
from errata.tools.judging.spec import open_model
from tests.integration.openai_stub import Knobs, serving

SECRET = "sk/hunter2+secret"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ERRATA_API_KEY", "ERRATA_API_KEY_A", "ERRATA_API_KEY_B"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("stub", "ERRATA_API_KEY_STUB"),
        ("Qwen/Qwen3-VL-8B-Instruct", "ERRATA_API_KEY_QWEN_QWEN3_VL_8B_INSTRUCT"),
        ("@cf/meta--llama", "ERRATA_API_KEY_CF_META_LLAMA"),
    ],
)
def test_a_judges_variable_is_its_name_in_capitals(model: str, variable: str) -> None:
    assert variable_of(model) == variable


def test_the_plain_key_is_for_a_judge_that_is_asked_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERRATA_API_KEY", "plain")
    assert key_of("a").secret == key_of("a", ["a"]).secret == "plain"
    assert [key_of(name, ["a", "b"]).secret for name in ("a", "b")] == ["", ""]
    monkeypatch.setenv("ERRATA_API_KEY_B", "of b")
    assert [key_of(name, ["a", "b"]).secret for name in ("a", "b")] == ["", "of b"]


def test_two_judges_whose_names_give_one_variable_are_not_sent_the_same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERRATA_API_KEY_A", "whose?")
    with pytest.raises(SetupError, match=r"'a' and 'A\.' would both be sent the key in ERRATA_API_KEY_A"):
        key_of("a", ["a", "A."])


def test_a_key_that_cannot_be_sent_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERRATA_API_KEY", "hunter2\nX-Other: 1")
    with pytest.raises(SetupError, match="ERRATA_API_KEY holds a line end") as error:
        _ = key_of("a").secret
    assert "hunter2" not in str(error.value)


def ask(url: str, key: Key | None = None) -> ChatReply:
    async def main() -> ChatReply:
        model = ServerModel("a", url, key=key, first_wait_s=0.001)
        try:
            return await model.complete(ChatRequest(({"role": "user", "content": "?"},), (), 4))
        finally:
            await model.close()

    return asyncio.run(main())


def test_a_panel_without_its_keys_is_told_which_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERRATA_API_KEY", SECRET)

    async def main() -> None:
        async with serving(Knobs(model="a", key=SECRET)) as (stub, url):
            panel = [f"a@{url}", f"b@{url}"]
            model = open_model(panel[0], panel=panel)
            with pytest.raises(ModelError, match=r"set ERRATA_API_KEY_A .*ERRATA_API_KEY_A, ERRATA_API_KEY_B"):
                await model.complete(ChatRequest(({"role": "user", "content": "?"},), (), 4))
            assert "Authorization" not in stub.headers[0]
            await model.close()

    asyncio.run(main())


class Parrot:
    """A server that repeats a text in every part of its reply."""

    def __init__(self, said: str, status: int) -> None:
        self._said, self._status = said, status

    async def answer(self, _: web.Request) -> web.Response:
        if self._status != 200:
            long = "x" * 290 + self._said
            return web.json_response(
                {"error": {"message": long}}, status=self._status, headers={"Location": self._said}
            )
        top = [{"token": self._said, "logprob": -0.1}, {"token": "B", "logprob": -3}]
        choice = {"message": {"content": self._said}, "logprobs": {"content": [{**top[0], "top_logprobs": top}]}}
        return web.json_response({"model": self._said, "choices": [choice]})


def from_parrot(said: str, status: int = 200) -> ChatReply:
    async def main() -> ChatReply:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", Parrot(said, status).answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0]
        model = ServerModel("a", f"http://{host}:{port}/v1", first_wait_s=0.001, busy_s=0.1)
        try:
            return await model.complete(ChatRequest(({"role": "user", "content": "?"},), (), 4))
        finally:
            await model.close()
            await runner.cleanup()

    return asyncio.run(main())


@pytest.fixture(params=["as it is", "quoted", "in base64"])
def repeated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("ERRATA_API_KEY_A", SECRET)
    forms = {
        "as it is": SECRET,
        "quoted": quote(SECRET, safe=""),
        "in base64": base64.b64encode(SECRET.encode()).decode().rstrip("="),
    }
    yield forms[request.param]


def test_a_key_that_a_server_repeats_in_an_answer_is_masked(repeated: str) -> None:
    reply = from_parrot(f"it is {repeated}.")
    assert reply.text == reply.model == "it is [key]."
    assert repeated not in repr(reply)


@pytest.mark.parametrize("status", [400, 401, 404, 429, 307])
def test_a_key_that_a_server_repeats_in_an_error_is_masked(repeated: str, status: int) -> None:
    with pytest.raises(ModelError) as error:
        from_parrot(repeated, status)
    assert not any(repeated[:n] in str(error.value) for n in range(8, len(repeated)))


def test_a_short_key_does_not_blot_out_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERRATA_API_KEY", "B")
    assert from_parrot("B").text == "B"
    assert without_keys("not B") == "not [key]"
