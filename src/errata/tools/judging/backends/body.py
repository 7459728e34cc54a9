"""A request in the form OpenAI-compatible servers take, without fields that this one does not know."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from errata.prompts import Message
from errata.tools.judging.backends.capabilities import Capabilities, Thinking
from errata.tools.judging.chat import ChatRequest

OPTIONAL = ("structured_outputs", "response_format", "top_logprobs", "logprobs", "seed", "uuid")
"""Fields that some servers do not know. A judge works without them, only less well."""


THINKING_TOKENS = 2048
"""Room for the thoughts of a model whose thinking cannot be turned off."""

THINKING_OFF = {"chat_template_kwargs": {"enable_thinking": False, "thinking": False}}
"""vLLM, SGLang, and llama.cpp pass these to a model's template, which knows one of them or none."""


def request_body(
    model: str, request: ChatRequest, left_out: Collection[str], thinking: Thinking = Thinking.NOT_SEEN
) -> dict[str, Any]:
    """The request in OpenAI's form, with vLLM's constraint to the choices. A server that ignores the constraint is
    noticed when the answer is read."""
    room = THINKING_TOKENS if thinking is Thinking.WITH_ROOM else 0
    body: dict[str, Any] = {
        "model": model,
        "messages": list(request.messages),
        "max_tokens": request.max_tokens + room,
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
    if thinking is Thinking.OFF:
        body |= THINKING_OFF
    if "uuid" in left_out:
        body["messages"] = [_without_uuid(message) for message in request.messages]
    return {name: value for name, value in body.items() if name not in left_out}


def rejected_fields(said: str, left_out: Collection[str]) -> set[str]:
    """The optional fields named in a server's error message."""
    rejected = {name for name in set(OPTIONAL) - set(left_out) if name in said}
    return rejected | {"top_logprobs"} if "logprobs" in rejected else rejected


def refuses_thinking_off(said: str) -> bool:
    """Whether a server's error message is about turning thinking off."""
    return any(word in said for word in ("chat_template", "enable_thinking", "nrecognized", "nknown", "xtra input"))


def useless_fields(known: Capabilities) -> set[str]:
    """Fields that have no effect on a server with these capabilities."""
    ignored = {"structured_outputs"} if known.constraint is False else set()
    return ignored | ({"logprobs", "top_logprobs"} if known.log_probs is False else set())


def has_image(request: ChatRequest) -> bool:
    parts = [
        part for message in request.messages if not isinstance(message["content"], str) for part in message["content"]
    ]
    return any(part["type"] == "image_url" for part in parts)


def _without_uuid(message: Message) -> Message:
    parts = message["content"]
    if isinstance(parts, str):
        return message
    return {**message, "content": [{k: v for k, v in part.items() if k != "uuid"} for part in parts]}
