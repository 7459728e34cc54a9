"""The model boundary: what a judge is sent and what it gives back, whatever runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

from errata.prompts import Message


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Messages in the OpenAI form, and what may be answered: one of ``choices``, or JSON that fits ``schema``.

    A judge is always given choices; a schema is for the questioner. ``key`` is the request's name in the cache; a
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
    """One token of an answer: ``said``, and the log-probabilities (natural logarithm, at most 0) of the likeliest
    tokens in its place, by their text, as the model gave them: masked or raw, never renormalized."""

    said: str
    log_probs: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What came back, unjudged: ``text`` may be outside the choices.

    ``tokens`` are those of the answer in turn, from where it begins; None where the model gives no probabilities.
    ``model`` is the name that the server itself uses. ``estimated``: the server did not say how many tokens it took;
    0 means not known before that.
    """

    text: str
    tokens: tuple[TokenChoice, ...] | None
    tokens_in: int
    tokens_out: int
    ms: float
    model: str
    estimated: bool = False


class ChatModel(Protocol):
    """A judge. ``name`` goes into the cache key: another name is another judge. ``limit`` is how many requests it
    takes at once. A model belongs to the event loop in which it first completes a request."""

    @property
    def name(self) -> str: ...

    @property
    def limit(self) -> int: ...

    async def complete(self, request: ChatRequest) -> ChatReply:
        """The reply. ModelRefused where only this request is at fault, another ModelError where the model is."""
        ...

    async def close(self) -> None:
        """Let go of connections, threads and memory."""
        ...


@runtime_checkable
class KnowsItsContext(Protocol):
    """A judge that can say how much it takes at once."""

    async def context_tokens(self) -> int | None:
        """Of a prompt and its answer together; None where that is not known."""
        ...
