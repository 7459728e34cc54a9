"""The model boundary: what a judge is sent and what it returns, whatever backend runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

from errata.prompts import Message


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Messages in the OpenAI form, and the allowed answer: one of ``choices``, or JSON that fits ``schema``.

    A judge is always given choices; only the questioner uses a schema. ``key`` is the request's key in the cache; a
    model may ignore it.
    """

    messages: tuple[Message, ...]
    choices: tuple[str, ...]
    max_tokens: int
    top_logprobs: int = 20
    temperature: float = 0.0
    key: str = ""
    schema: Mapping[str, Any] | None = None


class TokenChoice(NamedTuple):
    """One token of an answer: ``said``, and the log-probabilities (natural, at most 0) of the likeliest tokens in its
    position, by text, as the model returned them: masked or raw, never renormalized."""

    said: str
    log_probs: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ChatReply:
    """The raw reply: ``text`` may be outside the choices.

    ``tokens`` are those of the answer, in order, from where it begins; None if the model gives no probabilities.
    ``model`` is the name the server uses. ``estimated``: the server did not report its token counts; before estimation,
    0 means unknown.
    """

    text: str
    tokens: tuple[TokenChoice, ...] | None
    tokens_in: int
    tokens_out: int
    ms: float
    model: str
    estimated: bool = False


class ChatModel(Protocol):
    """A judge. ``name`` is part of the cache key: another name is another judge. ``limit`` is how many requests it
    takes at once. A model belongs to the event loop in which it first completes a request."""

    @property
    def name(self) -> str: ...

    @property
    def limit(self) -> int: ...

    async def complete(self, request: ChatRequest) -> ChatReply:
        """The reply. Raises ModelRefused if only this request is at fault, another ModelError if the model is."""
        ...

    async def close(self) -> None:
        """Release connections, threads, and memory."""
        ...


@runtime_checkable
class KnowsItsContext(Protocol):
    """A judge that knows its context length."""

    async def context_tokens(self) -> int | None:
        """Tokens of a prompt and its answer together; None if unknown."""
        ...
