"""What a server really does of what a judge asks of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capabilities:
    """None: not known. ``errata doctor`` finds them out before a run, and a ServerModel learns more during one.

    ``constraint``: answers stay inside the choices that they are held to. Where they do not, its log-probabilities
    are those of free text, whatever was asked for. ``log_probs``: it gives them. ``images``: it sees them.
    """

    constraint: bool | None = None
    log_probs: bool | None = None
    images: bool | None = None


NOT_KNOWN = Capabilities()


def breaks_constraint(text: str, choices: Sequence[str]) -> bool:
    """Whether an answer that was held to ``choices`` proves that it was not: it is none of them, nor one cut short."""
    said = text.strip()
    return bool(choices) and not any(choice.strip().startswith(said) for choice in choices)
