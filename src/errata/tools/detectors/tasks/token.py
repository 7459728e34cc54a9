"""Wrong tags in token sequences: a token's tag is judged together with its neighbors' tags, by the BIO2 grammar.

Tokens of all sentences are concatenated in one array; ``lengths_S`` has the number of each sentence. Token
probabilities come from a tagger, or from token embeddings by ``discriminant.leave_one_out``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.tools.detectors.arrays.checks import labeled, probabilities
from errata.tools.detectors.confident import confident_learning
from errata.types import F32, Bool, Int, Probs, Scores

PRIOR_WEIGHT = 0.375
"""Bayes' rule divides the tags' shares out of the probabilities (1). Less here: vectors of neighboring tokens overlap,
so the probabilities already contain part of what the transitions say, and rare tags would be counted twice. Chosen on
planted errors, where .25 to .5 rank the same and lower values make the flags more precise."""
TEMPERATURE = 0.05
"""Of the soft minimum over a sentence; chosen on planted errors. It is also the default of cleanlab's softmin."""
SMALLEST = 1e-6


class Span(NamedTuple):
    """An entity: tokens from ``start`` up to but excluding ``stop``, counted over all sentences, of one kind
    ("PER")."""

    start: int
    stop: int
    kind: str


def detect(labels_T: ArrayLike, probs_TK: ArrayLike, lengths_S: ArrayLike, tags: Sequence[str]) -> Scores:
    """Scores of T tokens: ``quality`` is the probability of the given tag in its sentence; 0 if BIO forbids it.

    ``label_probs`` f32[T, K]: see ``in_context``. ``flag``: by confident learning on these, or forbidden. Raises
    DataError for invalid arrays or tags that are not BIO.
    """
    probs_TK = in_context(labels_T, probs_TK, lengths_S, tags)
    scores = confident_learning.detect(labels_T, probs_TK)
    forbidden_T = invalid_transitions(labels_T, lengths_S, tags)
    return replace(scores, quality=np.where(forbidden_T, 0, scores.quality), flag=scores.flag | forbidden_T)


def in_context(labels_T: ArrayLike, probs_TK: ArrayLike, lengths_S: ArrayLike, tags: Sequence[str]) -> F32:
    """f32[T, K], rows sum to 1: the tags' probabilities given the whole sentence, of which BIO allows every step.

    Forward-backward over a hidden Markov chain (Rabiner 1989, section III) whose steps are counted in the given tags
    and whose tokens come as probabilities rather than a model of the words. Raises DataError as ``detect`` does.
    """
    labels, lengths = _tokens(labels_T, lengths_S, len(tags))
    probs = probabilities(probs_TK, len(labels))
    if probs.shape[1] != len(tags):
        raise DataError(f"Probabilities must have one column for each of {len(tags)} tags, got {probs.shape[1]}.")
    first_K, steps_KK = transitions(labels, lengths, tags)
    shares_K = (np.bincount(labels, minlength=len(tags)) + 1) / (len(labels) + len(tags))
    weights_TK = (np.maximum(probs, SMALLEST) / shares_K**PRIOR_WEIGHT).astype(np.float32)
    return _forward_backward(weights_TK, lengths, first_K, steps_KK)


def invalid_transitions(labels_T: ArrayLike, lengths_S: ArrayLike, tags: Sequence[str]) -> Bool:
    """bool[T]: the tag cannot follow the one before it: I-X without a preceding B-X or I-X in the sentence."""
    labels, lengths = _tokens(labels_T, lengths_S, len(tags))
    return ~_allowed(tags)[_previous(labels, lengths, len(tags)), labels]


def spans(labels_T: ArrayLike, lengths_S: ArrayLike, tags: Sequence[str]) -> list[Span]:
    """The entities in order. An I-X that continues nothing starts one, as in the CoNLL scorer."""
    labels, lengths = _tokens(labels_T, lengths_S, len(tags))
    inside_K = np.array([tag.startswith("I-") for tag in tags], np.bool_)
    continues_T = inside_K[labels] & ~invalid_transitions(labels, lengths, tags)
    heads = np.flatnonzero(~continues_T)
    stops = np.append(heads, len(labels))[1:]
    return [
        Span(int(start), int(stop), tags[labels[start]][2:])
        for start, stop in zip(heads, stops, strict=True)
        if tags[labels[start]] != "O"
    ]


def sentence_quality(quality_T: F32, lengths_S: ArrayLike) -> F32:
    """f32[S]: a soft minimum, the tokens' mean by weights exp(-quality / TEMPERATURE); 1 if there are none.

    One bad token among good ones counts for more than a sentence of uniformly low quality.
    """
    lengths = np.asarray(lengths_S)
    starts_S = (np.cumsum(lengths) - lengths)[lengths > 0]
    quality_S = np.ones(len(lengths), np.float32)
    if len(quality_T):
        weights_T = np.exp(-quality_T / TEMPERATURE)
        weighted_S = np.add.reduceat(weights_T * quality_T, starts_S)
        quality_S[lengths > 0] = weighted_S / np.add.reduceat(weights_T, starts_S)
    return quality_S


def _tokens(labels_T: ArrayLike, lengths_S: ArrayLike, num_tags: int) -> tuple[Int, Int]:
    labels, lengths = labeled(labels_T, num_tags), np.asarray(lengths_S, np.int64)
    if lengths.ndim != 1 or (lengths < 0).any() or lengths.sum() != len(labels):
        raise DataError(f"Sentence lengths must sum to the number of tokens, {len(labels)}, got {lengths.sum()}.")
    return labels, lengths


def _allowed(tags: Sequence[str]) -> Bool:
    """bool[K + 1, K]: the tag of the column may follow the tag of the row; the last row is a sentence's beginning."""
    for tag in tags:
        if tag != "O" and tag[:2] not in ("B-", "I-"):
            raise DataError(f"Tag {tag!r} is not BIO: tags are O, B-KIND and I-KIND.")
    if all(tag.startswith("I-") for tag in tags):
        raise DataError("No tag can begin a sentence: name O or a B- tag among the tags.")
    before = [*tags, "O"]
    return np.array([[tag[:2] != "I-" or past in (f"B-{tag[2:]}", tag) for tag in tags] for past in before])


def _previous(labels_T: Int, lengths_S: Int, start: int) -> Int:
    """i64[T]: the tag before each token, ``start`` at the beginning of a sentence."""
    previous_T = np.roll(labels_T, 1)
    previous_T[(np.cumsum(lengths_S) - lengths_S)[lengths_S > 0]] = start
    return previous_T


def transitions(labels_T: Int, lengths_S: Int, tags: Sequence[str]) -> tuple[F32, F32]:
    """Probabilities f32[K] of a sentence's first tag, and f32[K, K] of the column's tag after the row's: the given
    tags' counts plus one, spread over what BIO allows. Raises DataError for tags that are not BIO."""
    allowed_LK = _allowed(tags)
    cells_T = _previous(labels_T, lengths_S, len(tags)) * len(tags) + labels_T
    counts_LK = np.bincount(cells_T, minlength=allowed_LK.size).reshape(allowed_LK.shape)
    counts_LK = (counts_LK + 1 / allowed_LK.sum(axis=1, keepdims=True)) * allowed_LK
    chances_LK = (counts_LK / counts_LK.sum(axis=1, keepdims=True)).astype(np.float32)
    return chances_LK[-1], chances_LK[:-1]


def _forward_backward(weights_TK: Probs, lengths_S: Int, first_K: F32, steps_KK: F32) -> F32:
    """All sentences in parallel, longest first: those that have a token i are the first rows."""
    order = np.argsort(-lengths_S, kind="stable")
    starts_S, counts_S = (np.cumsum(lengths_S) - lengths_S)[order], lengths_S[order]
    rows = [starts_S[: np.searchsorted(-counts_S, -i)] + i for i in range(int(lengths_S.max(initial=0)))]
    belief_TK = np.empty_like(weights_TK)
    before_SK = np.broadcast_to(first_K, (len(lengths_S), len(first_K)))
    for row in rows:
        belief_TK[row] = _normalized(before_SK[: len(row)] * weights_TK[row])
        before_SK = belief_TK[row] @ steps_KK
    after_SK = np.ones((len(lengths_S), len(first_K)), np.float32)
    for row in reversed(rows):
        belief_TK[row] = _normalized(belief_TK[row] * after_SK[: len(row)])
        after_SK[: len(row)] = _normalized((weights_TK[row] * after_SK[: len(row)]) @ steps_KK.T)
    return belief_TK


def _normalized(rows_SK: F32) -> F32:
    scaled_SK: F32 = rows_SK / rows_SK.sum(axis=1, keepdims=True)
    return scaled_SK
