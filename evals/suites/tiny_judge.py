"""Figures of a tiny judge as it is shipped.

    python -m evals tiny_judge [FOLDER] [--half demo|training]

Loads the folder with transformers, as errata's own backend does, and prints JSON. The half is the demo's unless told
otherwise: pictures that the tiny judge has never seen.
"""

from __future__ import annotations

import argparse
import json
from importlib.resources import files
from pathlib import Path

import torch

from errata.demo.digits import demo_half, training_half
from evals.tiny_judge.measure import measure
from evals.tiny_judge.model import load

SHIPPED = Path(str(files("errata.demo") / "tiny_judge"))


def evaluate(folder: Path, half: str) -> dict[str, float]:
    """Every figure of ``measure`` on one half of the digits."""
    model, processor = load(folder)
    pixels_NHW, labels_N = training_half() if half == "training" else demo_half()
    return measure(model, processor.tokenizer, torch.from_numpy(pixels_NHW) / 16, labels_N.tolist())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=SHIPPED)
    parser.add_argument("--half", choices=("demo", "training"), default="demo")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(json.dumps(evaluate(options.folder, options.half), indent=2))
