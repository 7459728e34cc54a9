"""Answers constrained to a closed set of choices during decoding: a tree of the choices' tokens (PTEC's trie)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Tokens = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ChoiceTree:
    """The allowed answers of one question as token sequences, each ended by ``end``."""

    choices: Mapping[Tokens, str]
    end: int

    @classmethod
    def of(cls, choices: Sequence[str], encode: Callable[[str], Sequence[int]], end: int) -> ChoiceTree:
        """ValueError if two choices, or an empty one, cannot be told apart by their tokens."""
        tokens = {tuple(encode(choice)): choice for choice in choices}
        if len(tokens) < len(choices) or () in tokens:
            raise ValueError(f"the model's tokenizer cannot tell these answers apart: {list(choices)}")
        return cls(tokens, end)

    @property
    def first_tokens(self) -> list[int]:
        return sorted({tokens[0] for tokens in self.choices})

    @property
    def steps(self) -> int:
        """How many tokens it takes to tell all choices apart."""
        if len(self.first_tokens) == len(self.choices):
            return 1
        return 1 + max(len(tokens) for tokens in self.choices)

    def allowed(self, begun: Tokens) -> list[int]:
        """The tokens that may follow ``begun``; only ``end`` if no other may."""
        following = {tokens[len(begun)] for tokens in self.choices if _goes_on(tokens, begun)}
        if begun in self.choices or not following:
            following.add(self.end)
        return sorted(following)

    def spelled(self, begun: str) -> set[str]:
        """Every text with which a choice may continue, in any tokenization: a server's constraint allows all of
        them."""
        rests = [choice[len(begun) :] for choice in self.choices.values() if choice.startswith(begun)]
        return {rest[:end] for rest in rests for end in range(1, len(rest) + 1)}

    def read(self, generated: Tokens) -> str:
        """The choice that was decoded: a complete one, or the only one with this beginning."""
        whole = self.choices.get(generated)
        if whole is not None:
            return whole
        return next(choice for tokens, choice in self.choices.items() if tokens[: len(generated)] == generated)


def _goes_on(tokens: Tokens, begun: Tokens) -> bool:
    return len(tokens) > len(begun) and tokens[: len(begun)] == begun


def by_text(log_probs: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Token texts to log-probabilities; the probabilities of tokens with the same text are added."""
    probs: dict[str, float] = {}
    for text, value in log_probs:
        probs[text] = probs.get(text, 0.0) + math.exp(value)
    return {text: math.log(p) for text, p in probs.items() if p > 0}
