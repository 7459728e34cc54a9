"""How many tokens a request is expected to take: one definition, for price estimates and for the budget."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from errata.prompts import Message
from errata.tools.judging.chat import ChatReply, ChatRequest

BYTES_PER_TOKEN = 3.5
"""In UTF-8. Measured on 2,720 questions of all protocols about four text sets (news, reviews, Hausa, exam questions)
with two tokenizers (Tekken with 131k tokens, Llama's with 32k): 3.3 to 4.3 per set, 4.0 and 3.7 overall. The chat
template takes up the difference. Code and numbers take up to three times as many tokens."""

IMAGE_TOKENS = 1500
"""Roughly what an image of 1024 pixels per side costs in today's models."""


class Tokens(NamedTuple):
    """Tokens of a request: what is sent, and what is answered."""

    sent: int
    answered: int


def expected_tokens(request: ChatRequest) -> Tokens:
    """What a request takes in a typical model. An answer is the longest choice plus the token that ends it; free text
    counts at its maximum length."""
    parts = [part for message in request.messages for part in _parts(message)]
    text = sum(len(part["text"].encode()) for part in parts if part["type"] == "text")
    images = sum(part["type"] == "image_url" for part in parts)
    longest = max((len(choice.encode()) for choice in request.choices), default=None)
    answered = request.max_tokens if longest is None else math.ceil(longest / BYTES_PER_TOKEN) + 1
    return Tokens(math.ceil(text / BYTES_PER_TOKEN) + images * IMAGE_TOKENS, answered)


def told_or_expected(reply: ChatReply, request: ChatRequest) -> ChatReply:
    """The reply, with expected counts if the server reported no tokens: no call takes zero."""
    if reply.tokens_in and reply.tokens_out:
        return reply
    sent = reply.tokens_in or expected_tokens(request).sent
    answered = reply.tokens_out or math.ceil(len(reply.text.encode()) / BYTES_PER_TOKEN) + 1
    return replace(reply, tokens_in=sent, tokens_out=answered, estimated=True)


def _parts(message: Message) -> list[Message]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content
