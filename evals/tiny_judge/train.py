"""How the tiny judge learns, from the training half only.

First the tower learns digits with a linear probe; then tower and language model learn errata's questions together,
the loss on the answer's first token. The weights that are kept are a moving average, which is better calibrated than
the last step.
"""

from __future__ import annotations

import argparse
import copy
import math
from collections.abc import Callable
from pathlib import Path
from random import Random

import torch
from torch import Tensor, nn
from torch.nn import functional as nnf

from evals.tiny_judge.batches import Batch, training_batch
from evals.tiny_judge.model import build, load
from evals.tiny_judge.pictures import as_pictures, bend

BATCH = 64
PROBE_BATCH = 128
WARM_UP = 100
SMOOTH = 0.02
END_WEIGHT = 0.05
AVERAGE = 0.998

TEMPERATURE = 0.8
"""Divides the logits, for good, when training is over: smoothed answers leave a judge less sure than it is right. It is
the value with the lowest blind-choice loss on bent pictures of the training half (0.101, against 0.112 without)."""

FEW = 3
"""Blind choice has at most 3 labels in the easy steps: the look-up of letters is learned there. With 1,200 of 4,000
easy steps at a rate of 0.002 it is not learned at all, with 3,000 of 8,000 in part, at 0.003 as well as by name."""

Watch = Callable[[str, int, Tensor], None]


class Learner:
    """The model with what it needs to learn: a linear probe on the tower, an optimizer, a moving average."""

    def __init__(self, seed: int, start: Path | None) -> None:
        self.model, self.processor = load(start) if start else build(seed)
        self.tokenizer = self.processor.tokenizer
        self.probe = nn.Linear(96, 10)
        self.average = copy.deepcopy(self.model)
        self.parameters = [*self.model.parameters(), *self.probe.parameters()]
        self.optimizer = torch.optim.AdamW(self.parameters, weight_decay=0.05, betas=(0.9, 0.98))

    def look(self, pictures: Tensor) -> Tensor:
        """What the probe says of pictures f32[B, 3, 32, 32] in -1..1: logits [B, 10]."""
        features = self.model.get_image_features(pixel_values=pictures).pooler_output
        return self.probe(torch.stack(list(features)).mean(1))  # type: ignore[no-any-return]  # torch leaves it open

    def answer(self, batch: Batch) -> Tensor:
        """The loss of the answers, and of stopping after them."""
        hidden = self.model.model(input_ids=batch.ids, pixel_values=batch.pictures, use_cache=False).last_hidden_state
        each = torch.arange(len(batch.last))
        stop = torch.full_like(batch.last, self.tokenizer.eos_token_id)
        answered = nnf.cross_entropy(self.model.lm_head(hidden[each, batch.last]), batch.wanted)
        return answered + END_WEIGHT * nnf.cross_entropy(self.model.lm_head(hidden[each, batch.last + 1]), stop)

    def step(self, loss: Tensor, rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        with torch.no_grad():
            for kept, now in zip(self.average.parameters(), self.model.parameters(), strict=True):
                kept.lerp_(now, 1 - AVERAGE)


def train(learner: Learner, digits: Tensor, labels: Tensor, options: argparse.Namespace, watch: Watch) -> None:
    """Digits f32[N, 8, 8] in 0..1 with their labels int[N]; ``watch`` hears of the progress."""
    rng, torch_rng = Random(options.seed), torch.Generator().manual_seed(options.seed)
    for step in range(options.probe_steps):
        rows = torch.randint(0, len(labels), (PROBE_BATCH,), generator=torch_rng)
        pictures = as_pictures(bend(digits[rows], torch_rng)) * 2 - 1
        loss = nnf.cross_entropy(learner.look(pictures), labels[rows])
        learner.step(loss, options.rate * min(1, (step + 1) / WARM_UP))
        watch("probe", step + 1, loss)
    learner.average.load_state_dict(learner.model.state_dict())
    for step in range(options.steps):
        rows = torch.randint(0, len(labels), (BATCH,), generator=torch_rng)
        most = FEW if step < options.easy_steps else 10
        batch = training_batch(digits[rows], labels[rows].tolist(), learner.tokenizer, rng, torch_rng, SMOOTH, most)
        loss = learner.answer(batch)
        cooled = 0.02 + 0.49 * (1 + math.cos(math.pi * step / options.steps))
        learner.step(loss, options.rate * cooled * min(1, (step + 1) / WARM_UP))
        watch("judge", step + 1, loss)
