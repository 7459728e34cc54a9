"""What a server really does of what a judge asks of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Capabilities:
    """None: not known. ``errata doctor`` finds them out before a run, and a ServerModel learns more during one.

    ``constraint``: answers stay inside the choices that they are held to. Where they do not, its log-probabilities
    are those of free text, whatever was asked for. ``log_probs``: it gives them. ``images``: it sees them.
    ``thinking_off``: it thinks before it answers, and does not where it is asked not to.
    """

    constraint: bool | None = None
    log_probs: bool | None = None
    images: bool | None = None
    thinking_off: bool | None = None


class Thinking(Enum):
    """How a judge is asked that may think before it answers: as any other, until its thoughts leave it no room for an
    answer; then with its thinking off; where that changes nothing, with room for both."""

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
    """Whether an answer that was held to ``choices`` proves that it was not: it is none of them, nor one cut short."""
    said = text.strip()
    return bool(choices and said) and not any(choice.strip().startswith(said) for choice in choices)
