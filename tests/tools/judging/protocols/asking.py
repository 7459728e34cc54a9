"""Ask a fake judge one protocol's questions."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from errata.testing import FakeAsk, FakeChat
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import Door
from errata.tools.judging.protocol import AnnotationEvidence
from errata.types import Verdict


def asked(model: FakeChat, ask: Callable[[Door], Coroutine[Any, Any, Verdict]]) -> Verdict:
    return FakeAsk(model)(model.name, ask)


def text_of(request: ChatRequest) -> str:
    """The question as the judge reads it."""
    part: str = request.messages[-1]["content"][-1]["text"]
    return part


KNOWN = AnnotationEvidence(
    "cat", "dog", given_holds=0.2, undecided=True, outcome="relabel", candidates=("cat", "cow", "dog")
)
"""Evidence of an undecided item with a given label and a challenger."""


def says(words: str) -> FakeChat:
    """A judge that always gives this answer, by name."""
    return FakeChat(lambda request: {choice: 0.9 if choice == words else 0.02 for choice in request.choices})
