"""Test doubles that ship with errata, so that no one needs to mock its code: a scripted judge, an ``Ask`` for roles,
hand-made content, calls kept in memory, an embedder that needs no model."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar

import numpy as np

from errata.errors import ModelError
from errata.tools.data.left_out import LeftOut
from errata.tools.judging.calls import CallRecord
from errata.tools.judging.chat import ChatReply, ChatRequest, TokenChoice
from errata.tools.judging.door import Door
from errata.tools.judging.pacing.budget import Budget
from errata.types import F32, Item

T = TypeVar("T")

Answer = str | Mapping[str, float] | ChatReply | Exception
"""What FakeChat may return: a text; probabilities of the choices (the likeliest is the text); a reply; an error to
raise."""


class FakeChat:
    """A judge that answers from a list, in turn, or by a function of the request. ``requests`` records what it got."""

    def __init__(
        self,
        answers: Iterable[Answer] | Callable[[ChatRequest], Answer],
        *,
        name: str = "fake",
        limit: int = 8,
        latency_s: float = 0.0,
    ) -> None:
        self.name, self.limit, self.latency_s = name, limit, latency_s
        self.requests: list[ChatRequest] = []
        self.closed = False
        self._answer = answers if callable(answers) else _in_turn(answers)

    async def complete(self, request: ChatRequest) -> ChatReply:
        self.requests.append(request)
        await asyncio.sleep(self.latency_s)
        answer = self._answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, ChatReply) else _reply(answer)

    async def close(self) -> None:
        self.closed = True


class MemoryCalls:
    """A CallLog in memory. ``commits`` counts the transactions."""

    def __init__(self) -> None:
        self.calls: dict[str, CallRecord] = {}
        self.commits = 0

    def find(self, keys: Sequence[str]) -> dict[str, CallRecord]:
        return {key: self.calls[key] for key in keys if key in self.calls}

    def set_aside(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.calls[f"{key}:{len(self.calls)}"] = self.calls.pop(key)

    def record(self, records: Sequence[CallRecord]) -> None:
        self.calls.update((record.key, record) for record in records)
        self.commits += 1

    def asked_about(self, model: str) -> set[str]:
        return {record.content_sha for record in self.calls.values() if record.model == model}

    def models(self) -> list[str]:
        return sorted({record.model for record in self.calls.values()})


class FakeAsk:
    """A role's ``Ask``: each of ``models`` by its name, behind its own door, without a budget."""

    def __init__(self, *models: FakeChat) -> None:
        self._models = {model.name: model for model in models}

    def __call__(self, judge: str, ask: Callable[[Door], Coroutine[Any, Any, T]]) -> T:
        async def through_a_door() -> T:
            door = Door(self._models[judge], MemoryCalls(), Budget())
            try:
                return await ask(door)
            finally:
                await door.close()

        return asyncio.run(through_a_door())


class TextContent:
    """The content of a hand-made view: one text per item, whose id is its position."""

    modality: Literal["text", "image"] = "text"

    def __init__(
        self, texts: Sequence[str | None], *, left_out: LeftOut | None = None, remarks: tuple[str, ...] = ()
    ) -> None:
        self._texts = texts
        self.left_out, self.remarks = left_out or LeftOut(rows=len(texts)), remarks

    def each(self, rows: Sequence[int]) -> Iterator[Item]:
        """In the order of ``rows``."""
        for idx in rows:
            text = self._texts[idx]
            yield Item.of(idx, str(idx), hashlib.sha256((text or "").encode()).hexdigest(), None, text)

    def texts(self, rows: Sequence[int]) -> list[str | None]:
        return [self._texts[idx] for idx in rows]


class ToyEmbedder:
    """Vectors from hashed words, or from the bytes of an image: similar items are close, and nothing is loaded."""

    name = "toy"
    strength: Literal["semantic", "plain"] = "plain"
    per_item = True

    def __init__(self, dimensions: int = 64) -> None:
        self.dimensions = dimensions

    def embed(self, items: Sequence[Item], progress: Callable[[int], None] | None = None) -> F32:
        """f32[n, dimensions], rows of length 1."""
        rows_ND = np.zeros((len(items), self.dimensions), dtype=np.float32)
        for row_D, item in zip(rows_ND, items, strict=True):
            for word in _words(item):
                row_D[int.from_bytes(hashlib.sha256(word).digest()[:8], "big") % self.dimensions] += 1
            row_D /= max(float(np.linalg.norm(row_D)), 1.0)
        if progress is not None:
            progress(len(items))
        return rows_ND


def _words(item: Item) -> list[bytes]:
    words = (item.text or "").lower().encode().split()
    image = item.image or b""
    return words + [image[at : at + 8] for at in range(0, len(image), 8)]


def _in_turn(answers: Iterable[Answer]) -> Callable[[ChatRequest], Answer]:
    waiting = iter(answers)

    def answer(request: ChatRequest) -> Answer:
        try:
            return next(waiting)
        except StopIteration:
            raise ModelError("FakeChat has no answers left: give it as many as there are calls.") from None

    return answer


def _reply(answer: str | Mapping[str, float]) -> ChatReply:
    if isinstance(answer, str):
        return ChatReply(answer, None, 10, 1, 0.0, "fake")
    text = max(answer, key=answer.__getitem__)
    token = TokenChoice(text, {token: math.log(p) for token, p in answer.items() if p > 0})
    return ChatReply(text, (token,), 10, 1, 0.0, "fake")
