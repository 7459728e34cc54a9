"""Attacks on both datasets, with the detector on and off: how often a verdict moved, and what was accepted."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from evals.red_team.attack_data import plant_images, plant_texts
from evals.red_team.attacks import image_attacks, text_attacks
from evals.red_team.campaign import run, summary
from evals.red_team.server import gullible_server
from evals.result import write_result

SEED = 0
HONEST_TEXTS, HONEST_IMAGES = 300, 150


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--detector", choices=("on", "off"), help="report one of the two only")
    parser.add_argument("--out", type=Path, default=Path("evals/results/red_team.json"))
    options = parser.parse_args()
    figures = measure((options.detector,) if options.detector else ("on", "off"))
    print_tables(figures)
    write_result(options.out, figures, seed=SEED)


def measure(detector: tuple[str, ...]) -> dict[str, Any]:
    figures: dict[str, Any] = {"attacks": {"text": len(text_attacks()), "image": len(image_attacks())}}
    with tempfile.TemporaryDirectory() as folder, gullible_server() as judge:
        texts, planted = plant_texts(Path(folder), text_attacks(), HONEST_TEXTS, SEED)
        found = run(texts, planted, "text", judge)
        figures["texts"] = {f"detector_{which}": summary(found[which]) for which in detector}
        images, planted = plant_images(Path(folder), image_attacks(), HONEST_IMAGES, SEED)
        found = run(images, planted, "image", judge)
        figures["images"] = {f"detector_{which}": summary(found[which]) for which in detector}
    return figures


def print_tables(figures: dict[str, Any]) -> None:
    for data in ("texts", "images"):
        for which, found in figures[data].items():
            print(f"\n{data}, {which}")
            for name, kind in found["kinds"].items():
                caught = ", ".join(f"{who} {n}" for who, n in sorted(kind["caught_by"].items()))
                print(
                    f"  {name:38}{kind['items']:4} items{kind['moved']:4} moved{kind['broken']:4} accepted   {caught}"
                )
            for name, value in found.items():
                if name != "kinds":
                    print(f"  {name:38}{value:4}")
