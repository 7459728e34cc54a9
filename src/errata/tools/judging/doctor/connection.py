"""A connection to one server through the OpenAI SDK: the reference to compare the judge's own client with."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ValidationError

from errata.errors import ModelError, ModelRefused
from errata.tools.judging.backends.failures import Failure, failure
from errata.tools.judging.backends.hosts import check_host
from errata.tools.judging.backends.keys import Key, without_keys
from errata.tools.judging.backends.replies import Declined, NoCompletion, read_reply, without_key
from errata.tools.judging.chat import ChatReply

if TYPE_CHECKING:
    from openai import DefaultAsyncHttpxClient

SENT = ("host", "accept", "content-type", "content-length", "connection")
"""The SDK adds the operating system, the Python version, and OPENAI_* variables. None of that is sent."""


BUSY_S, FIRST_WAIT_S = 120.0, 2.0
"""How long one question waits for a busy server, and the pause between tries if the server does not specify one."""

NO_KEY = Key(())
"""For servers that the user did not name."""


class KeyRequired(ModelRefused):
    """The key is missing or wrong."""


class NoServer(ModelError):
    """No server answers at this address."""


class StillBusy(ModelError):
    """The server works but stayed overloaded for as long as the doctor waits."""


class _Busy(ModelRefused):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.said)
        self.failure = failure


class OfferedModel(BaseModel):
    """A model as listed by /v1/models."""

    id: str
    owned_by: str = ""
    max_model_len: int | None = None


class Models(BaseModel):
    data: list[OfferedModel] | None = None


class Connection:
    """``base_url`` ends in /v1; ``addresses`` are those of its host that passed ``check_host``; without them the host
    must be private. The ``key`` goes nowhere else: proxies from the environment are ignored and redirects not
    followed."""

    def __init__(
        self,
        base_url: str,
        *,
        key: Key = NO_KEY,
        addresses: Sequence[str] = (),
        timeout_s: float = 120.0,
        busy_s: float = BUSY_S,
    ) -> None:
        from openai import AsyncOpenAI

        self.base_url, self.key, self._busy_s = base_url.rstrip("/"), key, busy_s
        self.addresses = list(addresses or check_host(base_url, ()))
        self._client = AsyncOpenAI(
            base_url=self.base_url,
            api_key="none",
            max_retries=0,
            timeout=timeout_s,
            http_client=_http_client(self._prepare, timeout_s),
        )

    async def models(self) -> list[OfferedModel]:
        """The models it offers. ModelRefused if it wants a key or has no such list, ModelError if nothing answers."""
        try:
            offered = Models.model_validate_json(await self._bytes("GET", "/models")).data or []
            return [one.model_copy(update={"id": without_keys(one.id)}) for one in offered]
        except KeyRequired as refused:
            raise KeyRequired(f"{self.base_url} wants a key: {refused}") from None
        except ModelRefused as refused:
            raise ModelRefused(f"{self.base_url} does not list its models: {refused}. Should it end in /v1?") from None
        except ValidationError:
            raise ModelRefused(f"What {self.base_url} sends is no list of models. Should it end in /v1?") from None

    async def ask(self, body: dict[str, Any]) -> ChatReply:
        """The reply to a chat completion. ModelRefused with the server's words if there is none; a busy server is
        waited for, with StillBusy if it stays busy."""
        until_s = time.monotonic() + self._busy_s
        while True:
            try:
                return await self._ask(body)
            except _Busy as busy:
                wait_s = busy.failure.wait_s or FIRST_WAIT_S
                if time.monotonic() + wait_s > until_s:
                    raise StillBusy(
                        f"{self.base_url} is busy, and stayed so ({busy}): it works, and what it can do cannot be told "
                        "now. Try again when it has less to do."
                    ) from None
                await asyncio.sleep(wait_s * (1 + random.random()))  # noqa: S311  not a secret

    async def _ask(self, body: dict[str, Any]) -> ChatReply:
        started = time.perf_counter()
        sent = await self._bytes("POST", "/chat/completions", body)
        try:
            return without_key(read_reply(sent, (time.perf_counter() - started) * 1000), self.key)
        except Declined as declined:
            raise ModelRefused(str(declined)) from None
        except NoCompletion as error:
            found = failure(200, {}, sent)
            if found.busy:
                raise _Busy(found) from None
            raise ModelRefused(f"no chat completion came back ({error}). It said: {found.said}") from None

    async def text(self, path: str) -> str | None:
        """The text at ``path`` of the server, outside its API; None if there is nothing."""
        try:
            sent = await self._bytes("GET", self.base_url.removesuffix("/v1") + path)
        except ModelError:
            return None
        return sent.decode("utf-8", "replace")

    async def field(self, path: str, name: str) -> str | None:
        """A text field in the JSON at ``path``."""
        try:
            found = json.loads(await self.text(path) or "")
        except ValueError:
            return None
        value = found.get(name) if isinstance(found, dict) else None
        return without_keys(value) if isinstance(value, str) else None

    async def close(self) -> None:
        await self._client.close()

    async def _bytes(self, method: Literal["GET", "POST"], url: str, body: dict[str, Any] | None = None) -> bytes:
        """From the first address that answers, which all later requests use."""
        while True:
            try:
                return await self._from_one(method, url, body)
            except NoServer:
                if len(self.addresses) == 1:
                    raise
                del self.addresses[0]

    async def _from_one(self, method: Literal["GET", "POST"], url: str, body: dict[str, Any] | None) -> bytes:
        import openai

        kind = openai.HttpxBinaryResponseContent
        try:
            if method == "GET":
                return (await self._client.get(url, cast_to=kind)).content
            return (await self._client.post(url, cast_to=kind, body=body)).content
        except openai.APIStatusError as error:
            found = failure(error.status_code, error.response.headers, error.response.content)
            raise _Busy(found) if found.busy else self._refusal(error.status_code, found.said) from None
        except openai.APITimeoutError:
            raise ModelRefused("no answer in time") from None
        except openai.APIConnectionError as error:
            raise NoServer(
                f"Nothing answers at {self.base_url} ({without_keys(str(error.__cause__ or error))}). Is the server "
                "running, and is the port right?"
            ) from None

    async def _prepare(self, request: Any) -> None:
        """Send only what is needed, to the address that was checked: the name is for TLS and the Host header."""
        for name in set(request.headers) - set(SENT):
            del request.headers[name]
        if secret := self.key.secret:
            request.headers["Authorization"] = f"Bearer {secret}"
        request.extensions = {**request.extensions, "sni_hostname": request.url.host}
        request.url = request.url.copy_with(host=self.addresses[0])

    def _refusal(self, status: int, reason: str) -> ModelRefused:
        said = f"HTTP {status}: {reason}"
        return KeyRequired(f"{self.key.advice} ({said})") if status in (401, 403) else ModelRefused(said)


def _http_client(prepare: Callable[[Any], Awaitable[None]], timeout_s: float) -> DefaultAsyncHttpxClient:
    from openai import DefaultAsyncHttpxClient

    return DefaultAsyncHttpxClient(
        trust_env=False,
        follow_redirects=False,
        timeout=timeout_s,
        event_hooks={"request": [prepare]},
    )
