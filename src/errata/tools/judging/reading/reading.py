"""From replies to log-probabilities over the options: one reading per order in which they were shown, then one verdict.

A reply that does not name exactly one of the options is no reading at all, whatever its probabilities say.
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
"""No single reply is believed beyond odds of a million to one: its log-probabilities end at -14."""

AMBIGUOUS_SHARE = 0.1
"""Where more of the mass than this lies on options that were never told apart, the probabilities cannot be used."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One readable reply: the option it named, and log-probabilities over all options that were shown, in their
    ``order``; None where the model gives none, or none that tell the options apart."""

    key: str
    order: tuple[str, ...]
    log_probs: Mapping[str, float] | None


def read(text: str, tokens: Sequence[TokenChoice] | None, options: Sequence[Option]) -> Reading | None:
    """What a reply says after its thoughts, or None where that is not exactly one of the options."""
    answer = find_answer(after_thinking(text), options)
    if answer is None:
        return None
    order = tuple(option.key for option in options)
    named = [replace(option, alias=None) for option in options] if answer.by_words else options
    spoken = None if tokens is None else _from_answer(tokens, answer.said)
    return Reading(answer.key, order, None if spoken is None else _over_options(spoken, named))


def _from_answer(tokens: Sequence[TokenChoice], said: str) -> Sequence[TokenChoice] | None:
    """The tokens from where the answer begins, past a lead-in; None where it begins within a token."""
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

    The mean of the log-probabilities where every reading has them, which takes out what depends on the order.
    Otherwise the agreement rate: (count + 1/m) / (n + 1) for one of m options named ``count`` times in ``n`` readings,
    as if one more reading had been spread evenly over all of them.
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
    """Log-probabilities over the options, walked along the answer's tokens as along a trie: at each token the options
    that are still possible share its mass out; those that part from what was said keep what they have. Every token is
    renormalized over what may follow, so masked and raw probabilities read alike."""
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
    """Groups of options that go on alike -> their log-share of this token; empty where no token belongs to any."""
    shares: dict[tuple[str, ...], float] = {}
    tokens = {token: min(value, 0.0) for token, value in top.items() if math.isfinite(value)}
    for token, mass in tokens.items():
        keys = groups[token]
        if keys:
            shares[keys] = mass if keys not in shares else log_sum(shares[keys], mass)
    if not shares:
        return {}
    # What was not among the top tokens is less likely than all that were, and has to share what those left.
    seen = {key for keys in shares for key in keys}
    unseen = [option.key for option in options if option.key not in seen]
    if unseen:
        left = max(1.0 - sum(map(math.exp, tokens.values())), math.exp(-SURE))
        each = min(min(tokens.values()) - 1.0, math.log(left / len(unseen)))
        shares |= {(key,): each for key in unseen}
    total = log_sum(*shares.values())
    return {keys: value - total for keys, value in shares.items()}


def _ended(begun: str, options: Sequence[Option]) -> tuple[str, ...]:
    """Where a whole answer has been said, whatever goes on with no longer one ends it."""
    said = begun.strip(WRAPPING).casefold()
    return tuple(o.key for o in options if o.answer.casefold() == said) if said else ()


def _longest_only(keys_of: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Of several tokens that begin an option, the longest is the one that a tokenizer uses: "10" leaves "1" to 1."""
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
