"""From replies to log-probabilities over the options: one reading per order in which they were shown, then one verdict.

A reply whose text is not exactly one of the options is no reading at all, whatever its probabilities say.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from errata.prompts.options import Option, begun_by, read_answer

Style = Literal["letters", "names"]

SURE = 14.0
"""No single reply is believed beyond odds of a million to one: its log-probabilities end at -14."""

AMBIGUOUS_SHARE = 0.1
"""Where more of the first token's mass than this begins several options alike, its probabilities cannot be used."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One readable reply: the option it named, and log-probabilities over all options that were shown, in their
    ``order``; None where the model gives none, or none that tell the options apart."""

    key: str
    order: tuple[str, ...]
    log_probs: Mapping[str, float] | None


def read(text: str, first_token: Mapping[str, float] | None, options: Sequence[Option]) -> Reading | None:
    """What a reply says, or None where its text is not exactly one of the options."""
    key = read_answer(text, options)
    if key is None:
        return None
    order = tuple(option.key for option in options)
    return Reading(key, order, None if first_token is None else _over_options(first_token, options))


def combine(readings: Sequence[Reading]) -> dict[str, float]:
    """Normalised log-probabilities over the options from at least one reading of the same options.

    The mean of the log-probabilities where every reading has them, which takes out what depends on the order.
    Otherwise the agreement rate: (count + 1/m) / (n + 1) for one of m options named ``count`` times in ``n`` readings,
    as if one more reading had been spread evenly over all of them.
    """
    order = readings[0].order
    given = [reading.log_probs for reading in readings]
    if all(log_probs is not None for log_probs in given):
        return normalised({key: sum(lp[key] for lp in given if lp is not None) / len(given) for key in order})
    named = [reading.key for reading in readings]
    return {key: math.log((named.count(key) + 1 / len(order)) / (len(named) + 1)) for key in order}


def normalised(log_probs: Mapping[str, float]) -> dict[str, float]:
    """The same with exps that sum to 1."""
    top = max(log_probs.values())
    total = top + math.log(sum(math.exp(value - top) for value in log_probs.values()))
    return {key: value - total for key, value in log_probs.items()}


def favorite(log_probs: Mapping[str, float]) -> str:
    """The likeliest option."""
    return max(log_probs, key=log_probs.__getitem__)


def _over_options(first_token: Mapping[str, float], options: Sequence[Option]) -> dict[str, float] | None:
    tokens = {token: value for token, value in first_token.items() if math.isfinite(value)}
    begun = _longest_only({token: begun_by(token, options) for token in tokens})
    clear: dict[str, float] = {}
    ambiguous = 0.0
    for token, keys in begun.items():
        mass = math.exp(min(tokens[token], 0.0))
        if len(keys) == 1:
            clear[keys[0]] = clear.get(keys[0], 0.0) + mass
        elif keys:
            ambiguous += mass
    known = sum(clear.values())
    if known <= 0.0 or ambiguous > AMBIGUOUS_SHARE * (known + ambiguous):
        return None
    # What was not among the top tokens is less likely than all that were.
    unseen = min(tokens.values()) - 1.0
    raw = normalised({o.key: math.log(clear[o.key]) if clear.get(o.key) else unseen for o in options})
    return normalised({key: max(value, -SURE) for key, value in raw.items()})


def _longest_only(begun: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Of several tokens that begin an option, the longest is the one that a tokenizer uses: "10" leaves "1" to 1."""
    longest: dict[str, int] = {}
    for token, keys in begun.items():
        for key in keys:
            longest[key] = max(longest.get(key, 0), len(token.strip()))
    return {
        token: list(keys) if len(keys) == 1 else [key for key in keys if longest[key] == len(token.strip())]
        for token, keys in begun.items()
    }
