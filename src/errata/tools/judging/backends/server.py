"""A judge on an OpenAI-compatible server, vLLM first: plain aiohttp, because the hot path is thousands of calls."""

from __future__ import annotations

import json
import logging
import os
import shlex
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aiohttp
import stamina
import structlog
from pydantic_core import to_json

from errata.errors import ModelError, ModelRefused, nearest
from errata.prompts import Message
from errata.tools.judging.backends.capabilities import NOT_KNOWN, Capabilities, breaks_constraint
from errata.tools.judging.backends.replies import error_text, read_reply
from errata.tools.judging.chat import ChatReply, ChatRequest

_log = structlog.wrap_logger(logging.getLogger(__name__), [structlog.stdlib.render_to_log_kwargs])

KEY_VARIABLE = "ERRATA_API_KEY"
HEALING = frozenset({408, 409, 429, *range(500, 600)})
"""Answers that another try may change."""

BUSY = frozenset({408, 429, 503})
"""Those that say: not so many at once."""

OPTIONAL = ("structured_outputs", "response_format", "top_logprobs", "logprobs", "seed", "uuid")
"""Fields that some servers do not know. Without them a judge still works, only less well."""

ATTEMPTS = 6
LONGEST_WAIT_S = 60.0


class ServerModel:
    """Asks ``model`` at ``base_url`` (ending in /v1). The address must have passed ``check_host``.

    The key is read from ERRATA_API_KEY for each request, and neither kept nor shown. No proxy of the environment is
    used and no redirect followed: what is sent goes to the host that was named. ``capabilities`` is what is known of
    the server, and what it turns out to be; ``outside`` counts the answers outside the choices they were held to.
    """

    def __init__(
        self,
        model: str,
        base_url: str,
        *,
        limit: int = 256,
        timeout_s: float = 300.0,
        first_wait_s: float = 0.5,
        capabilities: Capabilities = NOT_KNOWN,
    ) -> None:
        self.name, self.base_url, self.limit = model, base_url.rstrip("/"), limit
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=min(timeout_s, 20.0))
        self._first_wait_s = first_wait_s
        self._session: aiohttp.ClientSession | None = None
        self.on_busy: Callable[[], None] = lambda: None
        self._answered = 0
        self.capabilities, self.outside = capabilities, 0
        self._not_known_there = _useless_fields(capabilities)

    async def complete(self, request: ChatRequest) -> ChatReply:
        """The reply, after retries where they can help. Errors say what to do; ModelRefused for this request alone."""
        if self.capabilities.images is False and _has_image(request):
            raise ModelError(f"{self._where} cannot see images. Name a judge that can. {self._advice}")
        answered_before = self._answered
        try:
            return await self._try(request)
        except _MayHealError as error:
            first = error
        try:
            return await self._try_again(request, first)
        except _MayHealError as last:
            if last.status == 500 and self._answered > answered_before:
                raise ModelRefused(f"the server failed on this request {ATTEMPTS} times: {last}") from None
            raise ModelError(
                f"{self._where} failed {ATTEMPTS} times in a row: {last}. Is the server all right? Everything "
                "finished is kept; run again to go on."
            ) from None

    async def _try_again(self, request: ChatRequest, first: _MayHealError) -> ChatReply:
        """The tries after the first: set apart, because stamina costs as much as a third of a call that goes well."""
        pending: _MayHealError | None = first
        async for attempt in stamina.retry_context(
            on=_backoff,
            attempts=ATTEMPTS,
            timeout=None,
            wait_initial=self._first_wait_s,
            wait_max=LONGEST_WAIT_S,
            wait_jitter=self._first_wait_s,
        ):
            with attempt:
                if pending is not None:
                    failed, pending = pending, None
                    raise failed
                return await self._try(request)
        raise first

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def _where(self) -> str:
        return f"{self.name} at {self.base_url}"

    @property
    def _advice(self) -> str:
        return f"What it can do: errata doctor {shlex.quote(f'{self.name}@{self.base_url}')}"

    async def _try(self, request: ChatRequest) -> ChatReply:
        started = time.perf_counter()
        status, headers, body = await self._send("POST", "/chat/completions", self.body(request), request.key)
        if status == 200:
            reply = self._read(body, (time.perf_counter() - started) * 1000)
            self._notice(request, reply)
            return reply
        said = without_key(error_text(body))
        if status in BUSY:
            self.on_busy()
        if status in HEALING:
            raise _MayHealError(f"HTTP {status}: {said}", status, headers.get("Retry-After"))
        if status in (401, 403):
            raise ModelError(
                f"{self._where} says the key is missing or wrong (HTTP {status}): set {KEY_VARIABLE}. It said: {said}"
            )
        if status == 404:
            raise await self._not_found(said)
        if 300 <= status < 400:
            raise ModelError(f"{self.base_url} redirects to {headers.get('Location')!r}: name that address itself.")
        if self.forget_field(said):
            return await self._try(request)
        advice = f" (Does it see images? {self._advice})" if self._answered == 0 and _has_image(request) else ""
        raise ModelRefused(f"HTTP {status}: {said}{advice}")

    def body(self, request: ChatRequest) -> dict[str, Any]:
        """The request in OpenAI's form, with vLLM's constraint to the choices. A server that ignores the constraint
        is noticed where the answer is read."""
        body: dict[str, Any] = {
            "model": self.name,
            "messages": list(request.messages),
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": 0,
            "logprobs": True,
            "top_logprobs": request.top_logprobs,
        }
        if request.choices:
            body["structured_outputs"] = {"choice": list(request.choices)}
        if request.schema is not None:
            answer = {"name": "answer", "schema": dict(request.schema), "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": answer}
        if "uuid" in self._not_known_there:
            body["messages"] = [_without_uuid(message) for message in request.messages]
        return {name: value for name, value in body.items() if name not in self._not_known_there}

    def _read(self, body: bytes, ms: float) -> ChatReply:
        try:
            reply = read_reply(body, ms)
        except ValueError as error:
            kind = ModelRefused if self._answered else ModelError
            raise kind(f"{self._where} did not send a chat completion ({error}). Is it OpenAI-compatible?") from None
        self._answered += 1
        return reply

    def _notice(self, request: ChatRequest, reply: ChatReply) -> None:
        """One answer outside its choices is proof that the server ignores the constraint."""
        if not breaks_constraint(reply.text, request.choices) or "structured_outputs" in self._not_known_there:
            return
        self.outside += 1
        if self.outside == 1:
            self.capabilities = replace(self.capabilities, constraint=False)
            _log.warning(
                f"errata: {self._where} ignores the constraint on its answers. Those outside the options count as "
                f"unreadable. {self._advice}"
            )

    def forget_field(self, said: str) -> bool:
        """Whether the server complains of an optional field that it does not know; it is left out from now on.

        Only believed of a server that has not answered yet: later, the words may be those of an item.
        """
        sent = set(OPTIONAL) - self._not_known_there
        blamed = {name for name in sent if name in said} if self._answered == 0 else set()
        if "logprobs" in blamed:
            blamed.add("top_logprobs")
        self._not_known_there |= blamed
        return bool(blamed)

    async def _not_found(self, said: str) -> ModelError:
        status, _, body = await self._send("GET", "/models")
        try:
            offered = [str(model["id"]) for model in json.loads(body)["data"]] if status == 200 else []
        except (ValueError, KeyError, TypeError):
            offered = []
        if not offered:
            return ModelError(f"There is no OpenAI-compatible API at {self.base_url} (HTTP 404). Should it end in /v1?")
        return ModelError(f"{self.base_url} has no model {self.name!r}{nearest(self.name, offered)}. It said: {said}")

    async def _send(
        self, method: str, path: str, body: dict[str, Any] | None = None, request_id: str = ""
    ) -> tuple[int, Any, bytes]:
        data = None if body is None else to_json(body)
        try:
            async with self._open_session().request(
                method, self.base_url + path, data=data, headers=_headers(request_id), allow_redirects=False
            ) as response:
                return response.status, response.headers, await response.read()
        except aiohttp.ClientConnectorError as error:
            raise ModelError(
                f"Nothing answers at {self.base_url} ({error.os_error}). Is the server running, and is the port right?"
            ) from None
        except TimeoutError:
            self.on_busy()
            raise _MayHealError(f"no answer within {self._timeout.total:g} seconds") from None
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
            raise _MayHealError(f"the connection broke off ({error})") from None

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self.limit),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                trust_env=False,
            )
        return self._session


class _MayHealError(ModelError):
    """This try failed; another may not."""

    def __init__(self, message: str, status: int | None = None, retry_after: str | None = None) -> None:
        super().__init__(message)
        self.status, self.retry_after = status, retry_after


def _backoff(error: Exception) -> bool | float:
    """Whether to try again, or after how many seconds if the server said so (bounded: it may say "tomorrow")."""
    if not isinstance(error, _MayHealError):
        return False
    try:
        return min(max(float(error.retry_after or ""), 0.0), LONGEST_WAIT_S)
    except ValueError:
        return True


def _headers(request_id: str) -> dict[str, str]:
    """``X-Request-Id`` lets a server's log be matched with the calls that a run recorded (vLLM reads it)."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    headers = {"Content-Type": "application/json"} | ({"X-Request-Id": request_id} if request_id else {})
    return headers | ({"Authorization": f"Bearer {key}"} if key else {})


def _useless_fields(known: Capabilities) -> set[str]:
    ignored = {"structured_outputs"} if known.constraint is False else set()
    return ignored | ({"logprobs", "top_logprobs"} if known.log_probs is False else set())


def _has_image(request: ChatRequest) -> bool:
    parts = [
        part for message in request.messages if not isinstance(message["content"], str) for part in message["content"]
    ]
    return any(part["type"] == "image_url" for part in parts)


def _without_uuid(message: Message) -> Message:
    parts = message["content"]
    if isinstance(parts, str):
        return message
    return {**message, "content": [{k: v for k, v in part.items() if k != "uuid"} for part in parts]}


def without_key(said: str) -> str:
    """Servers like to repeat a wrong key in their answer."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    return said.replace(key, "[key]") if key else said
