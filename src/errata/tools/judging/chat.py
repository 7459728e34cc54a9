"""The model boundary: what a judge is sent and what it gives back, whatever runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from errata.prompts import Message


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A closed question: messages in the OpenAI form, and ``choices``, the only answers that count (at least one).

    ``key`` is the question's name in the cache; a model may ignore it.
    """

    messages: tuple[Message, ...]
    choices: tuple[str, ...]
    max_tokens: int
    top_logprobs: int = 20
    temperature: float = 0.0
    key: str = ""


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What came back, unjudged: ``text`` may be outside the choices.

    ``first_token`` maps the likeliest first tokens of the answer to their log-probabilities (natural logarithm, at
    most 0), as the model gave them: masked or raw, never renormalised. None where the model gives none. ``model`` is
    the name that the server itself uses.
    """

    text: str
    first_token: Mapping[str, float] | None
    tokens_in: int
    tokens_out: int
    ms: float
    model: str


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
