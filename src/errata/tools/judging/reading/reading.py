"""Turn replies into log-probabilities over the options: one reading per order shown, combined into one verdict.

A reply that does not name exactly one of the options is not a reading, whatever its probabilities say.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from errata.prompts.options import WRAPPING, Option, find_answer, follower
from errata.tools.judging.chat import TokenChoice
from errata.tools.judging.reading.thinking import after_thinking
from errata.tools.odds import log_sum

Style = Literal["letters", "names"]

SURE = 14.0
"""No single reply counts beyond odds of a million to one: its log-probabilities end at -14."""

AMBIGUOUS_SHARE = 0.1
"""If more of the mass than this is on options that were never told apart, the probabilities are not used."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One readable reply: the option it named, and log-probabilities over all options shown, in their ``order``; None
    if the model gives none, or none that distinguish the options."""

    key: str
    order: tuple[str, ...]
    log_probs: Mapping[str, float] | None


def read(text: str, tokens: Sequence[TokenChoice] | None, options: Sequence[Option]) -> Reading | None:
    """What a reply says after its thoughts, or None if that is not exactly one of the options."""
    answer = find_answer(after_thinking(text), options)
    if answer is None:
        return None
    order = tuple(option.key for option in options)
    named = [replace(option, alias=None) for option in options] if answer.by_words else options
    spoken = None if tokens is None else _from_answer(tokens, answer.said)
    return Reading(answer.key, order, None if spoken is None else _over_options(spoken, named))


def _from_answer(tokens: Sequence[TokenChoice], said: str) -> Sequence[TokenChoice] | None:
    """The tokens from where the answer begins, after a lead-in; None if it begins within a token."""
    whole = "".join(token.said for token in tokens)
    begins, at = whole.rfind(said), 0
    if not whole or whole.strip(WRAPPING).casefold().startswith(said.casefold()) or begins < 0:
        return tokens
    for n, token in enumerate(tokens):
        if at <= begins < at + len(token.said):
            return None if token.said[: begins - at].strip(WRAPPING) else tokens[n:]
        at += len(token.said)
    return None


def combine(readings: Sequence[Reading]) -> dict[str, float]:
    """Normalized log-probabilities over the options from at least one reading of the same options.

    The mean of the log-probabilities if every reading has them, which removes the effect of the order. Otherwise the
    agreement rate: (count + 1/m) / (n + 1) for one of m options named ``count`` times in ``n`` readings, as if one more
    reading were spread evenly over all of them.
    """
    order = readings[0].order
    given = [reading.log_probs for reading in readings]
    if all(log_probs is not None for log_probs in given):
        return normalized({key: sum(lp[key] for lp in given if lp is not None) / len(given) for key in order})
    named = [reading.key for reading in readings]
    return {key: math.log((named.count(key) + 1 / len(order)) / (len(named) + 1)) for key in order}


def normalized(log_probs: Mapping[str, float]) -> dict[str, float]:
    """The same with exps that sum to 1."""
    total = log_sum(*log_probs.values())
    return {key: value - total for key, value in log_probs.items()}


def favorite(log_probs: Mapping[str, float]) -> str:
    """The likeliest option."""
    return max(log_probs, key=log_probs.__getitem__)


def _over_options(tokens: Sequence[TokenChoice], options: Sequence[Option]) -> dict[str, float] | None:
    """Log-probabilities over the options, following the answer's tokens as in a trie: at each token the options still
    possible share its mass; those that differ from what was said keep theirs. Every token is renormalized over its
    possible continuations, so masked and raw probabilities read the same."""
    found = dict.fromkeys((option.key for option in options), 0.0)
    alive, begun, path, unresolved = list(options), "", 0.0, 0.0
    for said, top in tokens:
        goes_on, ended = follower(alive), _ended(begun, alive)
        groups = _longest_only({token: goes_on(begun, token) or ended for token in top})
        spoken = groups.get(said) or goes_on(begun, said) or ended
        shares = _shares(groups, top, alive)
        if not shares:
            break
        for keys, share in shares.items():
            on_path = keys == spoken
            for key in keys:
                found[key] += share if on_path else share - math.log(len(keys))
            if len(keys) > 1 and not on_path:
                unresolved += math.exp(path + share)
        path += shares.get(spoken, -math.inf)
        begun += said
        alive = [option for option in alive if option.key in spoken]
        if len(alive) <= 1:
            break
    if len(alive) > 1:
        unresolved += math.exp(path)
    if unresolved > AMBIGUOUS_SHARE:
        return None
    return normalized({key: max(value, -SURE) for key, value in normalized(found).items()})


def _shares(
    groups: Mapping[str, tuple[str, ...]], top: Mapping[str, float], options: Sequence[Option]
) -> dict[tuple[str, ...], float]:
    """Groups of options with the same continuation -> their log-share of this token; empty if no token belongs to
    any."""
    shares: dict[tuple[str, ...], float] = {}
    tokens = {token: min(value, 0.0) for token, value in top.items() if math.isfinite(value)}
    for token, mass in tokens.items():
        keys = groups[token]
        if keys:
            shares[keys] = mass if keys not in shares else log_sum(shares[keys], mass)
    if not shares:
        return {}
    # What was not among the top tokens is less likely than all of them, and shares what they left.
    seen = {key for keys in shares for key in keys}
    unseen = [option.key for option in options if option.key not in seen]
    if unseen:
        left = max(1.0 - sum(map(math.exp, tokens.values())), math.exp(-SURE))
        each = min(min(tokens.values()) - 1.0, math.log(left / len(unseen)))
        shares |= {(key,): each for key in unseen}
    total = log_sum(*shares.values())
    return {keys: value - total for keys, value in shares.items()}


def _ended(begun: str, options: Sequence[Option]) -> tuple[str, ...]:
    """Where a complete answer has been said, any continuation that fits no longer option ends it."""
    said = begun.strip(WRAPPING).casefold()
    return tuple(o.key for o in options if o.answer.casefold() == said) if said else ()


def _longest_only(keys_of: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """If several tokens begin an option, a tokenizer uses the longest: "10" leaves "1" to 1."""
    if all(len(keys) <= 1 for keys in keys_of.values()):
        return dict(keys_of)
    longest: dict[str, int] = {}
    for token, keys in keys_of.items():
        for key in keys:
            longest[key] = max(longest.get(key, 0), len(token.strip()))
    return {
        token: keys if len(keys) == 1 else tuple(key for key in keys if longest[key] == len(token.strip()))
        for token, keys in keys_of.items()
    }
