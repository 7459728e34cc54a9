"""A judge on an OpenAI-compatible server, vLLM first. Plain aiohttp, because the hot path is thousands of calls."""

from __future__ import annotations

import logging
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from errata.errors import ModelError, ModelRefused
from errata.tools.judging.backends.body import (
    has_image,
    refuses_thinking_off,
    rejected_fields,
    request_body,
    useless_fields,
)
from errata.tools.judging.backends.capabilities import NOT_KNOWN, Capabilities, Thinking, breaks_constraint
from errata.tools.judging.backends.failures import Failure, failure
from errata.tools.judging.backends.keys import Key, key_of
from errata.tools.judging.backends.offered import context_tokens, no_model, offered
from errata.tools.judging.backends.patience import MOST_S, Patience
from errata.tools.judging.backends.replies import Declined, NoCompletion, read_reply, without_key
from errata.tools.judging.backends.transport import ATTEMPTS, RetryableError, Transport, retries
from errata.tools.judging.chat import ChatReply, ChatRequest
from errata.tools.judging.pacing.expected import told_or_expected
from errata.tools.judging.reading.thinking import after_thinking, thinks
from errata.tools.visible import one_line

_log = structlog.wrap_logger(logging.getLogger(__name__), [structlog.stdlib.render_to_log_kwargs])


class ServerModel:
    """Asks ``model`` at ``base_url`` (ending in /v1). ``addresses`` are those of its host that passed ``check_host``;
    without them the host must be private. ``key``: None means the key of a panel's only judge.

    ``busy_s``: nothing but "busy" for this long is an error.

    ``capabilities`` starts as what is known about the server and is updated; ``outside`` counts the answers outside
    their choices.
    """

    def __init__(
        self,
        model: str,
        base_url: str,
        *,
        limit: int = 256,
        timeout_s: float = 300.0,
        first_wait_s: float = 0.5,
        busy_s: float = MOST_S,
        capabilities: Capabilities = NOT_KNOWN,
        key: Key | None = None,
        addresses: Sequence[str] = (),
    ) -> None:
        self.name, self.base_url, self.limit = model, base_url.rstrip("/"), limit
        self._key = key or key_of(model)
        self._transport = Transport(self.base_url, limit=limit, timeout_s=timeout_s, key=self._key, addresses=addresses)
        self._first_wait_s = first_wait_s
        self.on_busy: Callable[[], None] = lambda: None
        self.patience = Patience(self._where, most_s=busy_s)
        self._answered = 0
        self.capabilities, self.outside = capabilities, 0
        self.thinking = Thinking.known(capabilities)
        self._not_known_there = useless_fields(capabilities)

    async def complete(self, request: ChatRequest) -> ChatReply:
        """The reply, with retries if they may help. Errors say what to do; ModelRefused concerns this request only."""
        if self.capabilities.images is False and has_image(request):
            raise ModelError(f"{self._where} cannot see images. Name a judge that can. {self._advice}")
        answered_before = self._answered
        try:
            return await self._try(request)
        except RetryableError as error:
            first = error
        try:
            return await self._try_again(request, first)
        except RetryableError as last:
            if last.failure is not None and self._answered > answered_before:
                raise ModelRefused(f"the server failed on this request {ATTEMPTS} times: {last}") from None
            raise ModelError(
                f"{self._where} failed {ATTEMPTS} times in a row: {last}. Is the server all right? Everything "
                "finished is kept; run again to go on."
            ) from None

    async def _try_again(self, request: ChatRequest, first: RetryableError) -> ChatReply:
        """The tries after the first; separate, because stamina costs up to a third of the time of a successful call."""
        pending: RetryableError | None = first
        async for attempt in retries(self._first_wait_s):
            with attempt:
                if pending is not None:
                    failed, pending = pending, None
                    raise failed
                return await self._try(request)
        raise first

    async def close(self) -> None:
        await self._transport.close()

    @property
    def _where(self) -> str:
        return f"{self.name} at {self.base_url}"

    @property
    def _advice(self) -> str:
        return f"What it can do: errata doctor {shlex.quote(f'{self.name}@{self.base_url}')}"

    async def _try(self, request: ChatRequest) -> ChatReply:
        """One try. "Busy" does not count as one: the server works and is waited for."""
        while True:
            sent_s = await self.patience.turn()
            try:
                reply = await self._thoughtful(request)
            except RetryableError as error:
                busy = error.failure is not None and error.failure.busy
                if busy or error.slow:
                    self.on_busy()
                if not busy or error.failure is None:
                    raise
                self.patience.turned_away(sent_s, error.failure)
            else:
                self.patience.answered()
                return reply

    async def _thoughtful(self, request: ChatRequest) -> ChatReply:
        """The reply; if a model thinks and gives no answer, ask with thinking off, or with room for it."""
        spent = (0, 0)
        while True:
            asked = self.thinking
            try:
                reply = await self._send(request, asked)
            except ModelRefused as refused:
                if asked is not Thinking.OFF or not refuses_thinking_off(str(refused)):
                    raise
                self.thinking = Thinking.WITH_ROOM
                continue
            reply = replace(reply, tokens_in=reply.tokens_in + spent[0], tokens_out=reply.tokens_out + spent[1])
            if after_thinking(reply.text).strip() or not thinks(reply.text) or asked is Thinking.WITH_ROOM:
                return reply
            spent = (reply.tokens_in, reply.tokens_out)
            if asked is self.thinking:
                self.thinking = asked.next()
                if asked is Thinking.NOT_SEEN:
                    _log.warning(
                        f"errata: {one_line(self._where)} thinks before it answers. Its thinking is asked off; where "
                        "it cannot be, answers get room for it, and cost more."
                    )

    async def _send(self, request: ChatRequest, thinking: Thinking) -> ChatReply:
        started = time.perf_counter()
        sent = self.body(request, thinking)
        status, headers, body = await self._transport.send("POST", "/chat/completions", sent, request.key)
        if status != 200:
            error = await self._error(failure(status, headers, body), headers, request)
            if error is None:  # ask again without the field it does not know
                return await self._send(request, thinking)
            raise error
        ms = (time.perf_counter() - started) * 1000
        try:
            reply = told_or_expected(without_key(read_reply(body, ms), self._key), request)
        except Declined as declined:
            raise ModelRefused(str(declined)) from None
        except NoCompletion as error:
            raise await self._no_completion(failure(status, headers, body), str(error), request) from None
        self._answered += 1
        self._notice(request, reply)
        return reply

    async def _no_completion(self, found: Failure, what: str, request: ChatRequest) -> ModelError:
        """For an error under status 200, treated like any other; the message is the server's."""
        error = await self._error(found, {}, request)
        if error is not None and not isinstance(error, RetryableError):
            return error
        advice = "" if self._answered else " (is it OpenAI-compatible, and should the address end in /v1?)"
        return RetryableError(f"it sent no chat completion ({what}). It said: {found.said}{advice}", found)

    async def _error(self, found: Failure, headers: Mapping[str, str], request: ChatRequest) -> ModelError | None:
        """What to raise; None if the request is to be sent again without a field that the server does not know."""
        status, said = found.status, found.said
        if error := self._transport.error(self._where, found, headers):
            return error
        if status == 404:
            return await self._not_found(said)
        if self.forget_field(said):
            return None
        advice = f" (Does it see images? {self._advice})" if self._answered == 0 and has_image(request) else ""
        return ModelRefused(f"HTTP {status}: {said}{advice}")

    def body(self, request: ChatRequest, thinking: Thinking | None = None) -> dict[str, Any]:
        """What is sent: the request without fields that this server does not know."""
        return request_body(self.name, request, self._not_known_there, thinking or self.thinking)

    def _notice(self, request: ChatRequest, reply: ChatReply) -> None:
        """One answer outside its choices, thoughts aside, proves that the server ignores the constraint."""
        if (
            thinks(reply.text)
            or not breaks_constraint(reply.text, request.choices)
            or "structured_outputs" in self._not_known_there
        ):
            return
        self.outside += 1
        if self.outside == 1:
            self.capabilities = replace(self.capabilities, constraint=False)
            _log.warning(
                f"errata: {one_line(self._where)} ignores the constraint on its answers. Those outside the options "
                f"count as unreadable. {one_line(self._advice)}"
            )

    def forget_field(self, said: str) -> bool:
        """Whether the server rejects an optional field that it does not know, which is left out from now on.

        Believed only before the server's first answer: later, the words may come from an item.
        """
        rejected = rejected_fields(said, self._not_known_there) if self._answered == 0 else set()
        self._not_known_there |= rejected
        return bool(rejected)

    async def context_tokens(self) -> int | None:
        """As vLLM reports it with the model's name; None if the server does not, or cannot be asked."""
        return await context_tokens(self._transport, self.name)

    async def _not_found(self, said: str) -> ModelError:
        return no_model(self.base_url, self.name, await offered(self._transport), said)
