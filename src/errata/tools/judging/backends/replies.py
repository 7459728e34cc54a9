"""Parse what an OpenAI-compatible server returns, without trusting it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, NotRequired, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json
from typing_extensions import TypedDict

from errata.prompts.options import WRAPPING
from errata.tools.judging.backends.failures import ERROR_CHARS
from errata.tools.judging.backends.keys import MASK, Key, without_keys
from errata.tools.judging.chat import ChatReply, TokenChoice
from errata.tools.judging.reading.thinking import OPENING, after_thinking, thinks
from errata.tools.odds import log_sum


class TopToken(TypedDict):
    token: str | None
    logprob: float | None


class TokenLogprobs(TopToken):
    top_logprobs: NotRequired[list[TopToken | None] | None]


class Logprobs(TypedDict):
    content: NotRequired[list[TokenLogprobs | None] | None]


class Usage(TypedDict):
    prompt_tokens: NotRequired[int | None]
    completion_tokens: NotRequired[int | None]


_logprobs: TypeAdapter[Logprobs | None] = TypeAdapter(Logprobs | None)
_usage: TypeAdapter[Usage | None] = TypeAdapter(Usage | None)
"""Dictionaries, not models: they take two thirds of the time to make, forty per reply."""

T = TypeVar("T")


class NoCompletion(ValueError):
    """The response is not a model's answer; a short reason."""


class Declined(ValueError):
    """The model, or a filter in front of it, declined to answer; its words."""


def read_reply(body: bytes, ms: float) -> ChatReply:
    """Read the reply in ``body``. NoCompletion if it is none, Declined if the model declined to answer.

    Only the text is required. Other fields that are missing, null, or malformed count as unknown.
    """
    found = _parsed(body)
    choice = _first_choice(found)
    message = choice.get("message") or {}
    text, thoughts = _text(message.get("content")), _thoughts(message)
    if not text.strip():
        _refuse_declined(found, choice, message)
        # If there was only room for thoughts, some servers do not even return those.
        text = f"{OPENING}{thoughts}" if thoughts or choice.get("finish_reason") == "length" else text
    usage = _part(_usage, found.get("usage")) or Usage()
    return ChatReply(
        text=text,
        tokens=_answer_tokens(_part(_logprobs, choice.get("logprobs"))),
        tokens_in=_count(usage.get("prompt_tokens")),
        tokens_out=_count(usage.get("completion_tokens")),
        ms=ms,
        model=str(found.get("model") or ""),
    )


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = from_json(body)
    except ValueError:
        raise NoCompletion("no JSON" if body.strip() else "nothing at all") from None
    if not isinstance(found, dict):
        raise NoCompletion(f"a {type(found).__name__} where an object was expected")
    return found


def _first_choice(found: dict[str, Any]) -> dict[str, Any]:
    choices = found.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        raise NoCompletion("no choices in it")
    if choice.get("error") or choice.get("finish_reason") == "error" or not isinstance(choice.get("message"), dict):
        raise NoCompletion("no message in its first choice")
    return choice


def _refuse_declined(found: dict[str, Any], choice: dict[str, Any], message: dict[str, Any]) -> None:
    if found.get("error"):
        raise NoCompletion("an error beside an empty answer")
    if refusal := message.get("refusal"):
        raise Declined(f"the model would not answer: {without_keys(str(refusal))[:ERROR_CHARS]}")
    if choice.get("finish_reason") == "content_filter":
        raise Declined("the server's content filter held the answer back")


def _text(content: Any) -> str:
    """A string, or the text parts of a list, without thoughts."""
    if isinstance(content, list):
        texts = (part.get("text") if isinstance(part, dict) else part for part in content)
        return "".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""


def _thoughts(message: dict[str, Any]) -> str:
    """The model's thoughts, if the server returns them separately from the answer."""
    for name in ("reasoning_content", "reasoning", "thinking"):
        if isinstance(thoughts := message.get(name), str) and thoughts.strip():
            return thoughts
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    return "thoughts" if any(isinstance(part, dict) and "think" in str(part.get("type")) for part in parts) else ""


def _part(adapter: TypeAdapter[T | None], found: Any) -> T | None:
    """None if it is malformed."""
    try:
        return adapter.validate_python(found)
    except ValidationError:
        return None


def _count(tokens: int | None) -> int:
    """0 if the server reports no number or an impossible one."""
    return max(tokens or 0, 0)


def without_key(reply: ChatReply, key: Key) -> ChatReply:
    """The reply with ``key`` removed, in case the server repeated it."""
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
    """The answer's tokens from its beginning: after thoughts, and after spaces, quotes, and asterisks."""
    found = (logprobs.get("content") if logprobs is not None else None) or []
    tokens = [TokenChoice(one["token"] or "", _by_text(one)) for one in found if one is not None]
    tokens = _after_thoughts(tokens)
    begun = next((i for i, token in enumerate(tokens) if token.said.strip(WRAPPING)), len(tokens))
    answer = tuple(tokens[begun:])
    return answer if answer and answer[0].log_probs else None


def _after_thoughts(tokens: list[TokenChoice]) -> list[TokenChoice]:
    said = "".join(token.said for token in tokens)
    if not thinks(said):
        return tokens
    begins = len(said) - len(after_thinking(said))
    at = 0
    for n, token in enumerate(tokens):
        if at >= begins:
            return tokens[n:]
        at += len(token.said)
    return []


def _by_text(position: TokenLogprobs) -> dict[str, float]:
    tokens: dict[str, float] = {}
    for top in position.get("top_logprobs") or [position]:
        token, log_prob = (top["token"], top["logprob"]) if top is not None else (None, None)
        if token is not None and log_prob is not None and math.isfinite(log_prob):
            # Byte-level tokens that are not characters have the same text: add their mass.
            tokens[token] = log_sum(tokens[token], log_prob) if token in tokens else log_prob
    return tokens
