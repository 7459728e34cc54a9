"""A line to one server through the OpenAI SDK: the reference that the judge's own client is held against."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ValidationError

from errata.errors import ModelError, ModelRefused
from errata.tools.judging.backends.replies import error_text, read_reply
from errata.tools.judging.backends.transport import KEY_VARIABLE, without_key
from errata.tools.judging.chat import ChatReply

if TYPE_CHECKING:
    from openai import DefaultAsyncHttpxClient

SENT = ("host", "accept", "content-type", "content-length", "connection")
"""The SDK adds the operating system, the Python version and what OPENAI_* variables hold. None of that is told."""


class KeyWanted(ModelRefused):
    """The key is missing, or another."""


class Offered(BaseModel):
    """A model as /v1/models lists it."""

    id: str
    owned_by: str = ""
    max_model_len: int | None = None


class Models(BaseModel):
    data: list[Offered] | None = None


class Connection:
    """``base_url`` ends in /v1 and must have passed ``check_host``. The ``key`` goes nowhere else: no proxy of the
    environment is used and no redirect followed."""

    def __init__(self, base_url: str, *, key: str = "", timeout_s: float = 120.0) -> None:
        from openai import AsyncOpenAI

        self.base_url = base_url.rstrip("/")
        self._client = AsyncOpenAI(
            base_url=self.base_url,
            api_key=key or "none",
            max_retries=0,
            timeout=timeout_s,
            http_client=_http_client(key, timeout_s),
        )

    async def models(self) -> list[Offered]:
        """What it offers. ModelRefused where it wants a key or has no such list, ModelError where nothing answers."""
        try:
            return Models.model_validate_json(await self._bytes("GET", "/models")).data or []
        except KeyWanted as refused:
            raise KeyWanted(f"{self.base_url} wants a key: {refused}") from None
        except ModelRefused as refused:
            raise ModelRefused(f"{self.base_url} does not list its models: {refused}. Should it end in /v1?") from None
        except ValidationError:
            raise ModelRefused(f"What {self.base_url} sends is no list of models. Should it end in /v1?") from None

    async def ask(self, body: dict[str, Any]) -> ChatReply:
        """The reply to a chat completion. ModelRefused with the server's words where there is none."""
        started = time.perf_counter()
        sent = await self._bytes("POST", "/chat/completions", body)
        try:
            return read_reply(sent, (time.perf_counter() - started) * 1000)
        except ValueError as error:
            raise ModelRefused(f"no chat completion came back ({error})") from None

    async def text(self, path: str) -> str | None:
        """What lies at ``path`` of the server, beside its API; None where nothing does."""
        try:
            sent = await self._bytes("GET", self.base_url.removesuffix("/v1") + path)
        except ModelError:
            return None
        return sent.decode("utf-8", "replace")

    async def field(self, path: str, name: str) -> str | None:
        """A text in the JSON at ``path``."""
        try:
            found = json.loads(await self.text(path) or "")
        except ValueError:
            return None
        value = found.get(name) if isinstance(found, dict) else None
        return value if isinstance(value, str) else None

    async def close(self) -> None:
        await self._client.close()

    async def _bytes(self, method: Literal["GET", "POST"], url: str, body: dict[str, Any] | None = None) -> bytes:
        import openai

        kind = openai.HttpxBinaryResponseContent
        try:
            if method == "GET":
                return (await self._client.get(url, cast_to=kind)).content
            return (await self._client.post(url, cast_to=kind, body=body)).content
        except openai.APIStatusError as error:
            raise _refusal(error.status_code, error.response.content) from None
        except openai.APITimeoutError:
            raise ModelRefused("no answer in time") from None
        except openai.APIConnectionError as error:
            raise ModelError(
                f"Nothing answers at {self.base_url} ({error.__cause__ or error}). Is the server running, and is the "
                "port right?"
            ) from None


def _refusal(status: int, body: bytes) -> ModelRefused:
    said = f"HTTP {status}: {without_key(error_text(body))}"
    return KeyWanted(f"set {KEY_VARIABLE} ({said})") if status in (401, 403) else ModelRefused(said)


def _http_client(key: str, timeout_s: float) -> DefaultAsyncHttpxClient:
    from openai import DefaultAsyncHttpxClient

    async def only_what_is_needed(request: Any) -> None:
        for name in set(request.headers) - set(SENT):
            del request.headers[name]
        if key:
            request.headers["Authorization"] = f"Bearer {key}"

    return DefaultAsyncHttpxClient(
        trust_env=False,
        follow_redirects=False,
        timeout=timeout_s,
        event_hooks={"request": [only_what_is_needed]},
    )
