"""The figures of a tiny judge: how often it is right under each question, and whether it knows how sure to be."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from errata.demo.digits import LOOK_ALIKES
from errata.types import CANNOT_TELL, NONE_OF_THESE, OTHER_ANSWERS
from evals.tiny_judge.batches import answer_id, collate
from evals.tiny_judge.pictures import as_pictures, show_nothing
from evals.tiny_judge.questions import Protocol, Question, Style, ask

COLUMNS = (*map(str, range(10)), *OTHER_ANSWERS)
STYLES: tuple[Style, ...] = ("names", "letters")
CHUNK = 128

LogProbs = NDArray[np.float64]


def measure(model: Any, tokenizer: Any, digits: Tensor, labels: list[int], seed: int = 1) -> dict[str, float]:
    """Figures on digits f32[N, 8, 8] in 0..1, by name. Shares are of N; ``ece`` and ``nll`` are better when low."""
    model.eval()
    asker = Asker(model, tokenizer, as_pictures(digits), [str(label) for label in labels])
    nothing = show_nothing(digits, torch.Generator().manual_seed(seed))
    figures: dict[str, float] = {}
    for style in STYLES:
        of_style = _blind(asker, style, Random(seed)) | _contest(asker, style, Random(seed))
        of_style |= _nothing(asker, nothing, style, Random(seed))
        figures |= {f"{style}.{name}": round(value, 4) for name, value in of_style.items()}
    return figures


class Asker:
    """A model, the pictures that it is asked about, and what they show."""

    def __init__(self, model: Any, tokenizer: Any, pictures: Tensor, truth: list[str]) -> None:
        self.model, self.tokenizer, self.pictures, self.truth = model, tokenizer, pictures, truth
        self.right = np.array([COLUMNS.index(t) for t in truth])

    def __call__(
        self, protocol: Protocol, style: Style, keys: list[list[str]], pictures: Tensor | None = None
    ) -> LogProbs:
        """log-probabilities f64[N, 13] over COLUMNS, -inf where an answer was not offered: question n has options
        ``keys[n]`` in that order."""
        questions = [ask(protocol, style, options, options[0]) for options in keys]
        pictures = self.pictures if pictures is None else pictures
        chunks = range(0, len(questions), CHUNK)
        return np.concatenate([self._chunk(questions[i : i + CHUNK], pictures[i : i + CHUNK]) for i in chunks])

    @torch.no_grad()
    def _chunk(self, questions: list[Question], pictures: Tensor) -> LogProbs:
        batch = collate(questions, pictures, self.tokenizer)
        hidden = self.model.model(input_ids=batch.ids, pixel_values=batch.pictures, use_cache=False).last_hidden_state
        logits = self.model.lm_head(hidden[torch.arange(len(questions)), batch.last]).double().numpy()
        found = np.full((len(questions), len(COLUMNS)), -np.inf)
        for row, question in enumerate(questions):
            for option in question.options:
                found[row, COLUMNS.index(option.key)] = logits[row, answer_id(option.answer, self.tokenizer)]
        return normalised(found)


def normalised(log_probs: LogProbs) -> LogProbs:
    return log_probs - np.logaddexp.reduce(log_probs, axis=1, keepdims=True)


def mean(one: LogProbs, other: LogProbs) -> LogProbs:
    """Two orders of the same options as errata puts them together: the mean of the log-probabilities."""
    return normalised((one + other) / 2)


def calibration_error(log_probs: LogProbs, right: NDArray[np.int64], bins: int = 10) -> float:
    """Expected calibration error of the top answer, equally wide bins; 0 = it is right as often as it says."""
    top, hit = np.exp(log_probs.max(1)), log_probs.argmax(1) == right
    which = np.minimum((top * bins).astype(int), bins - 1)
    return sum(
        abs(float(hit[which == b].mean() - top[which == b].mean())) * float((which == b).mean())
        for b in set(which.tolist())
    )


def _blind(asker: Asker, style: Style, rng: Random) -> dict[str, float]:
    """All ten labels, in one order and averaged with the reverse order, as errata asks; then without the right one."""
    orders = [rng.sample(COLUMNS, len(COLUMNS)) for _ in asker.truth]
    one = asker("blind_choice", style, orders)
    two = mean(one, asker("blind_choice", style, [order[::-1] for order in orders]))
    without = [[k for k in order if k != t] for order, t in zip(orders, asker.truth, strict=True)]
    lacking = asker("blind_choice", style, without)
    some = [
        rng.sample([t, *rng.sample([k for k in COLUMNS[:10] if k != t], 3), *OTHER_ANSWERS], 7) for t in asker.truth
    ]
    few = asker("blind_choice", style, some)
    return {
        "blind_one_order": _share(one, asker.right),
        "blind_two_orders": _share(two, asker.right),
        "blind_of_four": _share(few, asker.right),
        "blind_ece": calibration_error(two, asker.right),
        "blind_nll": _nll(two, asker.right),
        "blind_false_none": _share(few, COLUMNS.index(NONE_OF_THESE)),
        "blind_false_cannot_tell": _share(two, COLUMNS.index(CANNOT_TELL)),
        "none_recall": _share(lacking, COLUMNS.index(NONE_OF_THESE)),
    }


def _contest(asker: Asker, style: Style, rng: Random) -> dict[str, float]:
    """The right label against a wrong one, first and second; against a look-alike; then two wrong ones."""
    wrong = [rng.choice([k for k in COLUMNS[:10] if k != t]) for t in asker.truth]
    first, second = _both_orders(asker, style, asker.truth, wrong)
    both = mean(first, second)
    alike = [rng.choice(_alike(t) or [w]) for t, w in zip(asker.truth, wrong, strict=True)]
    close = mean(*_both_orders(asker, style, asker.truth, alike))
    pairs = [rng.sample([k for k in COLUMNS[:10] if k != t], 2) for t in asker.truth]
    neither = asker("contest", style, [[*pair, *OTHER_ANSWERS] for pair in pairs])
    return {
        "contest_right_first": _share(first, asker.right),
        "contest_right_second": _share(second, asker.right),
        "contest_both_orders": float(((first.argmax(1) == asker.right) & (second.argmax(1) == asker.right)).mean()),
        "contest_ece": calibration_error(both, asker.right),
        "contest_nll": _nll(both, asker.right),
        "contest_look_alikes": _share(close, asker.right),
        "contest_false_neither": _share(both, COLUMNS.index(NONE_OF_THESE)),
        "neither_recall": _share(neither, COLUMNS.index(NONE_OF_THESE)),
    }


def _both_orders(asker: Asker, style: Style, right: list[str], wrong: list[str]) -> tuple[LogProbs, LogProbs]:
    pairs = list(zip(right, wrong, strict=True))
    first = asker("contest", style, [[r, w, *OTHER_ANSWERS] for r, w in pairs])
    return first, asker("contest", style, [[w, r, *OTHER_ANSWERS] for r, w in pairs])


def _nothing(asker: Asker, pictures: Tensor, style: Style, rng: Random) -> dict[str, float]:
    """Pictures in which nobody could tell a digit, and eleven flat grays."""
    blind = asker("blind_choice", style, [rng.sample(COLUMNS, len(COLUMNS)) for _ in asker.truth], pictures)
    pairs = [[*rng.sample(COLUMNS[:10], 2), *OTHER_ANSWERS] for _ in asker.truth]
    contest = asker("contest", style, pairs, pictures)
    flat = torch.linspace(0, 1, 11)[:, None, None, None].expand(11, 3, 32, 32)
    blank = asker("blind_choice", style, [rng.sample(COLUMNS, len(COLUMNS)) for _ in range(11)], flat)
    cannot = COLUMNS.index(CANNOT_TELL)
    return {
        "nothing_blind": _share(blind, cannot),
        "nothing_contest": _share(contest, cannot),
        "blank_blind": _share(blank, cannot),
    }


def _alike(label: str) -> list[str]:
    return [str(b) for pair in LOOK_ALIKES for a, b in (pair, pair[::-1]) if str(a) == label]


def _share(log_probs: LogProbs, column: Any) -> float:
    return float((log_probs.argmax(1) == column).mean())


def _nll(log_probs: LogProbs, right: NDArray[np.int64]) -> float:
    return float(-log_probs[np.arange(len(right)), right].mean())
