"""Unreadable answers: ask again once others become readable; stop a judge if most of its answers are unreadable."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from errata.errors import ModelError
from errata.tools.judging.reading.thinking import thinks
from errata.tools.visible import one_line

LOOK_AT, MOST = 20, 0.5
"""A judge is stopped if more than this share of its first LOOK_AT answers is unreadable."""
SHOWN, SHOWN_CHARS = 3, 80
TRIED = 3
"""How many questions with a recorded answer are asked again, to see whether the server now answers differently."""


class _Known(Protocol):
    @property
    def cached(self) -> bool: ...


A = TypeVar("A")
K = TypeVar("K", bound=_Known)


class Unreadable(Generic[A, K]):
    """Handles one judge's unreadable answers. ``ask_again`` asks even if an answer is recorded; ``stop`` is called with
    the error that stops the judge.

    ``all_again``: ask again wherever the recorded answer cannot be read. ``count``: unreadable answers so far.
    """

    def __init__(
        self,
        judge: str,
        ask_again: Callable[[A], Awaitable[K]],
        stop: Callable[[ModelError], None],
        *,
        all_again: bool = False,
    ) -> None:
        self._judge, self._ask_again, self._stop = judge, ask_again, stop
        self._changed: bool | None = True if all_again else None
        self._tried = 0
        self._turn = asyncio.Lock()
        self._answers, self.count = 0, 0
        self._shown: list[str] = []

    async def again(self, ask: A, known: K, readable: Callable[[K], bool]) -> K:
        """The recorded answer, or a new one if others have become readable."""
        async with self._turn:  # the first few decide for all others
            if self._changed is None:
                self._tried += 1
                fresh = await self._ask_again(ask)
                self._changed = True if readable(fresh) else False if self._tried == TRIED else None
                return fresh
        return await self._ask_again(ask) if self._changed else known

    def note(self, text: str, *, readable: bool) -> None:
        """Count another answer. A judge whose first ones are mostly unreadable is stopped."""
        self._answers += 1
        if not readable:
            self.count += 1
            if len(self._shown) < SHOWN:
                self._shown.append(text)
        if self._answers == LOOK_AT and self.count > MOST * self._answers:
            self._stop(ModelError(self._in_words()))

    def _in_words(self) -> str:
        said = ", ".join(json.dumps(one_line(text, SHOWN_CHARS), ensure_ascii=False) for text in self._shown)
        todo = "It says something else than the options that it is shown: another model, or another prompt template."
        if any(thinks(text) for text in self._shown):
            todo = "It thinks before it answers, and cannot be kept from it: switch its thinking off in the server."
        elif not any(text.strip() for text in self._shown):
            todo = "It says nothing: if it thinks before it answers, switch its thinking off in the server."
        return (
            f"{self.count} of the first {self._answers} answers of {one_line(self._judge)} cannot be read, so it is "
            f"not asked any more. It said {said}. {todo} What it does: errata doctor. Then run again: what could not "
            "be read is asked again (--retry-unreadable asks for all of it)."
        )
