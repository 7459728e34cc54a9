"""What an OpenAI-compatible server sends back, read without trusting it."""

from __future__ import annotations

import json
import math
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from errata.prompts.options import WRAPPING
from errata.tools.judging.chat import ChatReply, TokenChoice

ERROR_CHARS = 300


class TopToken(BaseModel):
    token: str
    logprob: float


class TokenLogprobs(TopToken):
    top_logprobs: list[TopToken] = Field(default_factory=list)


class Logprobs(BaseModel):
    content: list[TokenLogprobs] | None = None


class Message(BaseModel):
    content: str | None = None


class Choice(BaseModel):
    message: Message
    logprobs: Logprobs | None = None


class Usage(BaseModel):
    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)


class Completion(BaseModel):
    """The parts of a chat completion that errata reads; servers add many more."""

    model: str = ""
    choices: list[Choice] = Field(min_length=1)
    usage: Usage | None = None


def read_reply(body: bytes, ms: float) -> ChatReply:
    """The reply in ``body``. ValueError, in a few words, where it is not a chat completion."""
    try:
        completion = Completion.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc'])) or 'the body'}: {first['msg']}") from None
    choice, usage = completion.choices[0], completion.usage or Usage()
    return ChatReply(
        text=choice.message.content or "",
        tokens=_answer_tokens(choice.logprobs),
        tokens_in=usage.prompt_tokens,
        tokens_out=usage.completion_tokens,
        ms=ms,
        model=completion.model,
    )


def _answer_tokens(logprobs: Logprobs | None) -> tuple[TokenChoice, ...] | None:
    """The answer's tokens from where it begins: past those that are only spaces, quotes or asterisks."""
    positions = (logprobs.content if logprobs is not None else None) or []
    begun = next((i for i, position in enumerate(positions) if position.token.strip(WRAPPING)), len(positions))
    tokens = tuple(TokenChoice(position.token, _by_text(position)) for position in positions[begun:])
    return tokens if tokens and tokens[0].log_probs else None


def _by_text(position: TokenLogprobs) -> dict[str, float]:
    tokens: dict[str, float] = {}
    for top in position.top_logprobs or [position]:
        if math.isfinite(top.logprob):
            # Byte-level tokens that are no characters all read alike: their mass adds up.
            tokens[top.token] = _log_sum(tokens[top.token], top.logprob) if top.token in tokens else top.logprob
    return tokens


def _log_sum(a: float, b: float) -> float:
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))


def error_text(body: bytes) -> str:
    """What the server says went wrong, from any of the usual forms of an error body."""
    try:
        said = _message(json.loads(body))
    except ValueError:
        said = body.decode("utf-8", "replace")
    return " ".join(said.split())[:ERROR_CHARS] or "no reason given"


def _message(body: Any) -> str:
    if isinstance(body, dict):
        for name in ("error", "message", "detail"):
            if body.get(name):
                return _message(body[name])
    return body if isinstance(body, str) else json.dumps(body)
