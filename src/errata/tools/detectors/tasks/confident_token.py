"""Confident learning for token labels: tokens are the items, sentences are reviewed.

Wang, Mueller 2022, "Detecting Label Errors in Token Classification Data"; the same tokens and scores as cleanlab 2.9.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from errata.errors import DataError
from errata.tools.detectors.arrays.checks import labeled, probabilities
from errata.tools.detectors.confident.confident_learning import FilterBy, suspected
from errata.tools.detectors.confident.label_quality import QualityScore, quality_scores
from errata.types import F32, Int, Probs, Scores


class Tokens(NamedTuple):
    """All tokens in sequence. Sentence s has those from ``starts_S[s]`` up to the next start (the last: to the end)."""

    labels_T: Int
    probs_TK: Probs
    starts_S: Int

    def place(self, token: int) -> tuple[int, int]:
        """The token's sentence, and its position in it."""
        sentence = int(np.searchsorted(self.starts_S, token, side="right")) - 1
        return sentence, token - int(self.starts_S[sentence])


def detect(labels: Sequence[ArrayLike], probs: Sequence[ArrayLike]) -> Scores:
    """Scores of sentences: ``quality`` is that of the worst token, low = bad; ``flag``: a token is flagged.

    ``labels[s]``: one class for each token of sentence s; ``probs[s]``: [tokens, K]. A sentence without tokens has
    quality 1. Raises DataError if labels or probabilities are invalid.
    """
    tokens = in_a_row(labels, probs)
    flag_S = np.zeros(len(tokens.starts_S), np.bool_)
    flag_S[[tokens.place(int(token))[0] for token in np.flatnonzero(suspected(tokens.labels_T, tokens.probs_TK))]] = (
        True
    )
    return Scores(sentence_quality(tokens), flag_S)


def token_issues(
    labels: Sequence[ArrayLike],
    probs: Sequence[ArrayLike],
    *,
    ranked_by: QualityScore = "self_confidence",
    filter_by: FilterBy = "prune_by_noise_rate",
    **options: Any,
) -> list[tuple[int, int]]:
    """(sentence, position in it) of each token whose label looks wrong, worst first. Takes the options of
    ``suspected``.

    Raises DataError if labels or probabilities are invalid.
    """
    labels_T, probs_TK, _ = tokens = in_a_row(labels, probs)
    found = np.flatnonzero(suspected(labels_T, probs_TK, filter_by, **options))
    ranks = np.argsort(quality_scores(labels_T, probs_TK, ranked_by, items=found))
    return [tokens.place(int(token)) for token in found[ranks]]


def sentence_quality(tokens: Tokens, score: QualityScore = "self_confidence") -> F32:
    """f32[S] in [0, 1], low = bad: the lowest label quality of a token of the sentence; 1 without tokens."""
    quality_T = quality_scores(tokens.labels_T, tokens.probs_TK, score)
    quality_S = np.ones(len(tokens.starts_S), np.float32)
    filled = np.flatnonzero(np.diff(tokens.starts_S, append=len(quality_T)))
    if len(filled):
        quality_S[filled] = np.minimum.reduceat(quality_T, tokens.starts_S[filled])
    return quality_S


def in_a_row(labels: Sequence[ArrayLike], probs: Sequence[ArrayLike]) -> Tokens:
    """The tokens of all sentences: the only copy made of the probabilities. Raises DataError for invalid input."""
    lengths = [len(np.asarray(sentence)) for sentence in labels]
    shapes = [np.shape(sentence) for sentence in probs]
    for s, (length, shape) in enumerate(zip(lengths, shapes, strict=False)):
        if len(shape) != 2 or shape[0] != length or shape[1] != shapes[0][1]:
            raise DataError(f"Sentence {s}: probabilities must have shape ({length}, classes), got {shape}.")
    if len(lengths) != len(shapes) or not lengths:
        raise DataError(
            f"Labels and probabilities must be of the same sentences, got {len(lengths)} and {len(shapes)}."
        )
    probs_TK = probabilities(np.concatenate([np.asarray(sentence) for sentence in probs]), sum(lengths))
    labels_T = np.concatenate(
        [
            np.asarray(sentence, dtype=None if length else np.int64)
            for sentence, length in zip(labels, lengths, strict=True)
        ]
    )
    return Tokens(labeled(labels_T, probs_TK.shape[1]), probs_TK, np.cumsum([0, *lengths[:-1]]))
