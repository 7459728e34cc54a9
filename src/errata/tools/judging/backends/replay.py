"""Replay the answers that an earlier run paid for, without a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from errata.errors import ModelError, SetupError, nearest
from errata.tools.judging.calls import CallRecord
from errata.tools.judging.chat import ChatReply, ChatRequest


class RecordedCalls(Protocol):
    """Read access to the calls of a finished run."""

    def find(self, keys: Sequence[str]) -> dict[str, CallRecord]: ...

    def models(self) -> Sequence[str]:
        """Names of the models with recorded calls."""
        ...


class ReplayModel:
    """Answers under the recorded model's name, so that the same question has the same key."""

    limit = 256

    def __init__(self, recorded: RecordedCalls, model: str | None = None) -> None:
        names = recorded.models()
        if model is None and len(names) != 1:
            raise SetupError(
                f"This run recorded {len(names)} models ({', '.join(names) or 'none'}): "
                "name one of them, replay:RUN_FOLDER#MODEL."
            )
        if model is not None and model not in names:
            raise SetupError(f"This run recorded no calls of {model!r}{nearest(model, names)}.")
        self.name = model or names[0]
        self._recorded = recorded

    async def complete(self, request: ChatRequest) -> ChatReply:
        found = self._recorded.find([request.key]).get(request.key)
        if found is None:
            raise ModelError(
                f"{self.name} was never asked this: the call {request.key[:12]} (answers "
                f"{', '.join(request.choices[:5])}...) is not recorded. Replay needs the same data, guideline and "
                "settings as the recorded run; name the model's server to ask it again."
            )
        return ChatReply(found.text, found.tokens, found.tokens_in, found.tokens_out, found.ms, found.served_as)

    async def close(self) -> None:
        """Nothing to close: whoever opened the run's store closes it."""
