"""Train the tiny judge on the training half alone.

    python -m evals train_tiny_judge OUT [--steps N]

``--hold-out`` sets a fifth of the training half aside and reports on it: that is how everything was chosen. The demo
half is never read.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from errata.demo.digits import training_half
from evals.tiny_judge.measure import measure
from evals.tiny_judge.model import save
from evals.tiny_judge.train import TEMPERATURE, Learner, train


def main() -> None:
    options = read_options()
    torch.set_num_threads(1)
    pixels_NHW, labels_N = training_half()
    digits, labels = torch.from_numpy(pixels_NHW) / 16, torch.from_numpy(labels_N)
    held = torch.from_numpy(np.random.default_rng(0).random(len(labels)) < (0.2 if options.hold_out else 0))
    learner = Learner(options.seed, options.start)

    def watch(stage: str, step: int, loss: Tensor) -> None:
        if step % 100 == 0:
            print(f"{stage} {step} loss {float(loss.detach()):.4f} cpu {time.process_time():.0f} s", flush=True)
        if stage == "judge" and step % 500 == 0:
            save(learner.average, learner.processor, options.out)
            if options.hold_out:
                figures = measure(learner.average, learner.tokenizer, digits[held], labels[held].tolist())
                print(json.dumps(figures), flush=True)

    train(learner, digits[~held], labels[~held], options, watch)
    with torch.no_grad():
        learner.average.lm_head.weight.div_(TEMPERATURE)
    save(learner.average, learner.processor, options.out)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--start", type=Path, help="a judge to go on from, instead of random weights")
    parser.add_argument("--probe-steps", type=int, default=500)
    parser.add_argument("--easy-steps", type=int, default=3000)
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hold-out", action="store_true")
    return parser.parse_args()
