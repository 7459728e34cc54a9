"""Asking a tiny judge many questions at once, and what is made of its log-probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from errata.prompts.options import NO, YES
from errata.types import F64, OTHER_ANSWERS
from evals.tiny_judge.batches import answer_id, collate
from evals.tiny_judge.questions import DigitQuestion, Protocol, Style, ask

COLUMNS = (*map(str, range(10)), *OTHER_ANSWERS, YES, NO)
CHUNK = 128

LogProbs = F64


class Asker:
    """A model, the pictures f32[N, 3, 32, 32] that it is asked about, and what they show."""

    def __init__(self, model: Any, tokenizer: Any, pictures: Tensor, truth: list[str]) -> None:
        self.model, self.tokenizer, self.pictures, self.truth = model, tokenizer, pictures, truth
        self.right = np.array([COLUMNS.index(t) for t in truth])

    def __call__(
        self, protocol: Protocol, style: Style, keys: list[list[str]], pictures: Tensor | None = None
    ) -> LogProbs:
        """Log-probabilities f64[N, 15] over COLUMNS: question n has options ``keys[n]`` in that order."""
        return self.put([ask(protocol, style, options, options[0]) for options in keys], pictures)

    def put(self, questions: Sequence[DigitQuestion], pictures: Tensor | None = None) -> LogProbs:
        """Log-probabilities f64[N, 15] over COLUMNS, -inf where an answer was not offered. All questions show equally
        many of the pictures f32[P, 3, 32, 32], in their order."""
        pictures = self.pictures if pictures is None else pictures
        each = questions[0].n_pictures
        chunks = range(0, len(questions), CHUNK)
        return np.concatenate(
            [self._chunk(questions[i : i + CHUNK], pictures[i * each : (i + CHUNK) * each]) for i in chunks]
        )

    @torch.no_grad()
    def _chunk(self, questions: Sequence[DigitQuestion], pictures: Tensor) -> LogProbs:
        batch = collate(questions, pictures, self.tokenizer)
        hidden = self.model.model(input_ids=batch.ids, pixel_values=batch.pictures, use_cache=False).last_hidden_state
        logits = self.model.lm_head(hidden[torch.arange(len(questions)), batch.last]).double().numpy()
        found = np.full((len(questions), len(COLUMNS)), -np.inf)
        for row, question in enumerate(questions):
            for option in question.options:
                found[row, COLUMNS.index(option.key)] = logits[row, answer_id(option.answer, self.tokenizer)]
        return normalized(found)


def normalized(log_probs: LogProbs) -> LogProbs:
    return log_probs - np.logaddexp.reduce(log_probs, axis=1, keepdims=True)


def mean(one: LogProbs, other: LogProbs) -> LogProbs:
    """Two orders of the same options as errata puts them together: the mean of the log-probabilities."""
    return normalized((one + other) / 2)


def share(log_probs: LogProbs, column: Any) -> float:
    """Share of rows whose likeliest answer is ``column``, one for all or one each."""
    return float((log_probs.argmax(1) == column).mean())


def share_right(log_probs: LogProbs, questions: Sequence[DigitQuestion]) -> float:
    return share(log_probs, np.array([COLUMNS.index(question.right.key) for question in questions]))


def negative_log_likelihood(log_probs: LogProbs, right: NDArray[np.int64]) -> float:
    """In nats, low = good."""
    return float(-log_probs[np.arange(len(right)), right].mean())


def calibration_error(log_probs: LogProbs, right: NDArray[np.int64], bins: int = 10) -> float:
    """Expected calibration error of the top answer, equally wide bins; 0 = it is right as often as it says."""
    top, hit = np.exp(log_probs.max(1)), log_probs.argmax(1) == right
    which = np.minimum((top * bins).astype(int), bins - 1)
    return sum(
        abs(float(hit[which == b].mean() - top[which == b].mean())) * float((which == b).mean())
        for b in set(which.tolist())
    )
