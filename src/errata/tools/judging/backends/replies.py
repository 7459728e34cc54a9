"""What an OpenAI-compatible server sends back, read without trusting it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Annotated, Any, NotRequired

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from errata.prompts.options import WRAPPING
from errata.tools.judging.backends.keys import MASK, Key, without_keys
from errata.tools.judging.chat import ChatReply, TokenChoice
from errata.tools.odds import log_sum

ERROR_CHARS = 300


class TopToken(TypedDict):
    token: str
    logprob: float


class TokenLogprobs(TopToken):
    top_logprobs: NotRequired[list[TopToken]]


class Logprobs(TypedDict):
    content: NotRequired[list[TokenLogprobs] | None]


class Message(TypedDict):
    content: NotRequired[str | None]


class Choice(TypedDict):
    message: Message
    logprobs: NotRequired[Logprobs | None]


class Usage(TypedDict):
    prompt_tokens: NotRequired[Annotated[int, Field(ge=0)]]
    completion_tokens: NotRequired[Annotated[int, Field(ge=0)]]


class Completion(TypedDict):
    """The parts of a chat completion that errata reads; servers add many more."""

    model: NotRequired[str]
    choices: Annotated[list[Choice], Field(min_length=1)]
    usage: NotRequired[Usage | None]


_completion = TypeAdapter(Completion)
"""Dictionaries, not models: they are made in two thirds of the time, forty to a reply."""


def read_reply(body: bytes, ms: float) -> ChatReply:
    """The reply in ``body``. ValueError, in a few words, where it is not a chat completion."""
    try:
        completion = _completion.validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc'])) or 'the body'}: {first['msg']}") from None
    choice, usage = completion["choices"][0], completion.get("usage") or Usage()
    return ChatReply(
        text=choice["message"].get("content") or "",
        tokens=_answer_tokens(choice.get("logprobs")),
        tokens_in=usage.get("prompt_tokens", 0),
        tokens_out=usage.get("completion_tokens", 0),
        ms=ms,
        model=completion.get("model", ""),
    )


def without_key(reply: ChatReply, key: Key) -> ChatReply:
    """The reply of a server that was sent ``key``, and may have repeated it."""
    if not (forms := key.forms()):
        return reply

    def hidden(text: str) -> str:
        for form in forms:
            text = text.replace(form, MASK)
        return text

    tokens = reply.tokens and tuple(
        TokenChoice(hidden(token.said), {hidden(text): p for text, p in token.log_probs.items()})
        for token in reply.tokens
    )
    return replace(reply, text=hidden(reply.text), tokens=tokens, model=hidden(reply.model))


def _answer_tokens(logprobs: Logprobs | None) -> tuple[TokenChoice, ...] | None:
    """The answer's tokens from where it begins: past those that are only spaces, quotes or asterisks."""
    positions = (logprobs.get("content") if logprobs is not None else None) or []
    begun = next((i for i, position in enumerate(positions) if position["token"].strip(WRAPPING)), len(positions))
    tokens = tuple(TokenChoice(position["token"], _by_text(position)) for position in positions[begun:])
    return tokens if tokens and tokens[0].log_probs else None


def _by_text(position: TokenLogprobs) -> dict[str, float]:
    tokens: dict[str, float] = {}
    for top in position.get("top_logprobs") or [position]:
        token, log_prob = top["token"], top["logprob"]
        if math.isfinite(log_prob):
            # Byte-level tokens that are no characters all read alike: their mass adds up.
            tokens[token] = log_sum(tokens[token], log_prob) if token in tokens else log_prob
    return tokens


def error_text(body: bytes) -> str:
    """What the server says went wrong, from any of the usual forms of an error body; without a key that it repeats."""
    try:
        said = _message(json.loads(body))
    except ValueError:
        said = body.decode("utf-8", "replace")
    return " ".join(without_keys(said).split())[:ERROR_CHARS] or "no reason given"


def _message(body: Any) -> str:
    if isinstance(body, dict):
        for name in ("error", "message", "detail"):
            if body.get(name):
                return _message(body[name])
    return body if isinstance(body, str) else json.dumps(body)
