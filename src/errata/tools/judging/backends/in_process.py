"""A judge in this process: waiting requests are answered together, in one worker thread."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from errata.errors import DataError, ModelRefused
from errata.tools.judging.backends import folder
from errata.tools.judging.chat import ChatReply, ChatRequest
from errata.tools.judging.pacing.grouped import Grouped

WAIT_S = 0.005
AT_FAULT = (DataError, ValueError, IndexError, RuntimeError)
"""Errors of a group that a smaller group might avoid: one faulty request, or too little memory."""


class Loaded(Protocol):
    """A model that is in memory."""

    def answer(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        """One reply per request, in order. Raises one of AT_FAULT if any of them is at fault, ModelError if the model
        is."""
        ...


class InProcessModel(ABC):
    """A model in ``source``, a folder or, with ``download``, a name on the Hugging Face hub. ``group`` is how many
    requests it answers at once.

    It is loaded when first asked, so a run whose answers are all recorded never loads it. ``name`` ends in a hash of
    the files: other weights are another judge. The backend is not part of the name: the same weights answer the same in
    every backend (within 1e-3 in log-probability), so a call paid for in one is not repeated in another.
    """

    def __init__(self, source: str, *, download: bool = False, group: int) -> None:
        self.folder, self.name = folder.find(source, download=download)
        self.limit = 2 * group
        self._loaded: Loaded | None = None
        self._thread = ThreadPoolExecutor(1, "errata-model")
        self._grouped = Grouped[ChatRequest, ChatReply | ModelRefused](
            self._answer, self._thread, wait_s=WAIT_S, most=group
        )

    @abstractmethod
    def load(self, folder: Path) -> Loaded:
        """Load the model into memory. SetupError if that fails."""

    async def complete(self, request: ChatRequest) -> ChatReply:
        """The reply. ModelRefused if the prompt is too long or the model cannot read an image."""
        reply = await self._grouped(request)
        if isinstance(reply, ModelRefused):
            raise reply
        return reply

    async def close(self) -> None:
        self._thread.shutdown()
        self._loaded = None

    def _answer(self, requests: list[ChatRequest]) -> list[ChatReply | ModelRefused]:
        if self._loaded is None:
            self._loaded = self.load(self.folder)
        return _in_halves(self._loaded.answer, requests)


def _in_halves(
    answer: Callable[[Sequence[ChatRequest]], list[ChatReply]], requests: Sequence[ChatRequest]
) -> list[ChatReply | ModelRefused]:
    """Halve a failing group until the faulty request is alone or the rest fits into memory."""
    try:
        return list(answer(requests))
    except AT_FAULT as error:
        if len(requests) == 1:
            return [ModelRefused(f"the model could not read this request: {error}")]
    middle = len(requests) // 2
    return _in_halves(answer, requests[:middle]) + _in_halves(answer, requests[middle:])
