"""The figures of a tiny judge: how often it is right under each question, and whether it is calibrated."""

from __future__ import annotations

from random import Random
from typing import Any

import torch
from torch import Tensor

from errata.demo.digits import LOOK_ALIKES
from errata.types import CANNOT_TELL, NONE_OF_THESE, OTHER_ANSWERS
from evals.tiny_judge.asker import COLUMNS, Asker, LogProbs, calibration_error, mean, negative_log_likelihood, share
from evals.tiny_judge.measure_more import measure_more
from evals.tiny_judge.pictures import as_pictures, show_nothing
from evals.tiny_judge.questions import Style

STYLES: tuple[Style, ...] = ("names", "letters")
CHOICES = (*COLUMNS[:10], *OTHER_ANSWERS)


def measure(model: Any, tokenizer: Any, digits: Tensor, labels: list[int], seed: int = 1) -> dict[str, float]:
    """Figures on digits f32[N, 8, 8] in 0..1, by name. Shares are of N; ``ece`` and ``nll`` are better when low."""
    model.eval()
    asker = Asker(model, tokenizer, as_pictures(digits), [str(label) for label in labels])
    nothing = show_nothing(digits, torch.Generator().manual_seed(seed))
    figures: dict[str, float] = {}
    for style in STYLES:
        of_style = _blind(asker, style, Random(seed)) | _contest(asker, style, Random(seed))
        of_style |= _nothing(asker, nothing, style, Random(seed))
        of_style |= measure_more(asker, digits, nothing, style, Random(seed))
        figures |= {f"{style}.{name}": round(value, 4) for name, value in of_style.items()}
    return figures


def _blind(asker: Asker, style: Style, rng: Random) -> dict[str, float]:
    """All ten labels, in one order and averaged with the reverse order, as errata asks; then without the right one."""
    orders = [rng.sample(CHOICES, len(CHOICES)) for _ in asker.truth]
    one = asker("blind_choice", style, orders)
    two = mean(one, asker("blind_choice", style, [order[::-1] for order in orders]))
    without = [[k for k in order if k != t] for order, t in zip(orders, asker.truth, strict=True)]
    lacking = asker("blind_choice", style, without)
    some = [
        rng.sample([t, *rng.sample([k for k in COLUMNS[:10] if k != t], 3), *OTHER_ANSWERS], 7) for t in asker.truth
    ]
    few = asker("blind_choice", style, some)
    return {
        "blind_one_order": share(one, asker.right),
        "blind_two_orders": share(two, asker.right),
        "blind_of_four": share(few, asker.right),
        "blind_ece": calibration_error(two, asker.right),
        "blind_nll": negative_log_likelihood(two, asker.right),
        "blind_false_none": share(few, COLUMNS.index(NONE_OF_THESE)),
        "blind_false_cannot_tell": share(two, COLUMNS.index(CANNOT_TELL)),
        "none_recall": share(lacking, COLUMNS.index(NONE_OF_THESE)),
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
        "contest_right_first": share(first, asker.right),
        "contest_right_second": share(second, asker.right),
        "contest_both_orders": float(((first.argmax(1) == asker.right) & (second.argmax(1) == asker.right)).mean()),
        "contest_ece": calibration_error(both, asker.right),
        "contest_nll": negative_log_likelihood(both, asker.right),
        "contest_look_alikes": share(close, asker.right),
        "contest_false_neither": share(both, COLUMNS.index(NONE_OF_THESE)),
        "neither_recall": share(neither, COLUMNS.index(NONE_OF_THESE)),
    }


def _both_orders(asker: Asker, style: Style, right: list[str], wrong: list[str]) -> tuple[LogProbs, LogProbs]:
    pairs = list(zip(right, wrong, strict=True))
    first = asker("contest", style, [[r, w, *OTHER_ANSWERS] for r, w in pairs])
    return first, asker("contest", style, [[w, r, *OTHER_ANSWERS] for r, w in pairs])


def _nothing(asker: Asker, pictures: Tensor, style: Style, rng: Random) -> dict[str, float]:
    """Pictures in which no one could recognize a digit, and eleven flat grays."""
    blind = asker("blind_choice", style, [rng.sample(CHOICES, len(CHOICES)) for _ in asker.truth], pictures)
    pairs = [[*rng.sample(COLUMNS[:10], 2), *OTHER_ANSWERS] for _ in asker.truth]
    contest = asker("contest", style, pairs, pictures)
    flat = torch.linspace(0, 1, 11)[:, None, None, None].expand(11, 3, 32, 32)
    blank = asker("blind_choice", style, [rng.sample(CHOICES, len(CHOICES)) for _ in range(11)], flat)
    cannot = COLUMNS.index(CANNOT_TELL)
    return {
        "nothing_blind": share(blind, cannot),
        "nothing_contest": share(contest, cannot),
        "blank_blind": share(blank, cannot),
    }


def _alike(label: str) -> list[str]:
    return [str(b) for pair in LOOK_ALIKES for a, b in (pair, pair[::-1]) if str(a) == label]
