"""The model being probed, and how to ask it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from errata.prompts import Message
from errata.tools.judging.chat import ChatReply, TokenChoice
from errata.tools.judging.doctor.connection import Connection

SKY = "What color is the sky on a clear day? Answer with one word."
ANSWER_TOKENS = 32
TOP = 20
WITH_LOG_PROBS: dict[str, Any] = {"logprobs": True, "top_logprobs": TOP}


@dataclass(frozen=True, slots=True)
class Subject:
    connection: Connection
    model: str
    context_tokens: int | None

    async def ask(self, text: str = SKY, *, images: Sequence[Message] = (), **fields: Any) -> ChatReply:
        """The reply to one turn at temperature 0, with ``fields`` added to the request. ModelRefused if there is none.

        A turn without images is sent as plain text, the form that every server accepts.
        """
        content = [*images, {"type": "text", "text": text}] if images else text
        body = {
            "model": self.model,
            "messages": [{"role": "user", "content": content}],
            "max_tokens": ANSWER_TOKENS,
            "temperature": 0.0,
        }
        return await self.connection.ask(body | fields)


def distance(a: ChatReply, b: ChatReply) -> float:
    """How different two replies are, 0 to 1: the total variation of their first tokens' probabilities or, if either has
    none, whether the texts differ."""
    if a.tokens is None or b.tokens is None:
        return float(a.text.strip() != b.text.strip())
    p, q = _probs(a.tokens[0]), _probs(b.tokens[0])
    return sum(abs(p.get(token, 0.0) - q.get(token, 0.0)) for token in p.keys() | q.keys()) / 2


def _probs(token: TokenChoice) -> dict[str, float]:
    return {text: math.exp(value) for text, value in token.log_probs.items()}
