"""Which of the features that a judge needs a server really supports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Capabilities:
    """None means unknown. ``errata doctor`` finds them out before a run, and a ServerModel learns more during one.

    ``constraint``: constrained answers stay inside the choices. If they do not, its log-probabilities are those of free
    text in any case. ``log_probs``: it returns them. ``images``: it sees them. ``thinking_off``: it thinks before it
    answers, but not if asked not to.
    """

    constraint: bool | None = None
    log_probs: bool | None = None
    images: bool | None = None
    thinking_off: bool | None = None


class Thinking(Enum):
    """How to ask a judge that may think before it answers: like any other, until its thoughts leave no room for an
    answer; then with thinking off; if that has no effect, with room for both."""

    NOT_SEEN = 0
    OFF = 1
    WITH_ROOM = 2

    @classmethod
    def known(cls, capabilities: Capabilities) -> Thinking:
        return {None: cls.NOT_SEEN, True: cls.OFF, False: cls.WITH_ROOM}[capabilities.thinking_off]

    def next(self) -> Thinking:
        return Thinking.OFF if self is Thinking.NOT_SEEN else Thinking.WITH_ROOM


NOT_KNOWN = Capabilities()


def breaks_constraint(text: str, choices: Sequence[str]) -> bool:
    """Whether an answer constrained to ``choices`` proves that it was not: it is none of them, nor a truncated one."""
    said = text.strip()
    return bool(choices and said) and not any(choice.strip().startswith(said) for choice in choices)
