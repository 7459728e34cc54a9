"""How well wrong labels are found where an item is not one label: token tags, image-text pairs, many labels at once.

    python -m evals other_tasks DATA_FOLDER [--planted] [--out evals/results/other_tasks.json]

Tokens and pairs are real errors in token_conllpp_test and pairs_flickr8k; the marks of many labels are synthetic.
Beside errata stands cleanlab on the same features: its token and multi-label scores. It has none for pairs.

``--planted`` gives the same figures on errors planted among the true tags, among the captions that fit, and on other
marks (default file: other_tasks_planted.json). The constants of ``token``, ``text_image`` and ``multi_label`` are
chosen on these; the real errors are left for the report.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Literal

from evals.data.marks import KINDS, Shares
from evals.data.real_files import real_files
from evals.other_tasks import captions, marks, token_tags
from evals.ranking import over_runs, show
from evals.result import write_result

SEED = 0
RESULTS = Path("evals/results")
FILES = ("token_conllpp_test", "pairs_flickr8k", "pairs_flickr8k_images")
MARK_SEEDS = range(100, 110)
PLANTED_SEEDS = range(5)
TAG_SHARES = (0.007, 0.02, 0.05)
CAPTION_SHARES = (0.02, 0.05, 0.1, 0.2, 0.4)
TO: tuple[Literal["random", "similar"], ...] = ("random", "similar")
MARK_SHARES = {
    "as_reported": Shares(),
    "few_missing": Shares(missing=(0, 0.1)),
    "most_missing": Shares(missing=(0.5, 0.8)),
    "superfluous_.5%": Shares(superfluous=(0.005, 0.005)),
    "superfluous_5%": Shares(superfluous=(0.05, 0.05)),
    "superfluous_0_to_6%": Shares(superfluous=(0, 0.06)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with " + " and ".join(f"{name}.parquet" for name in FILES))
    parser.add_argument("--planted", action="store_true", help="errors planted among what is right, not the real ones")
    parser.add_argument("--out", type=Path, help="where the figures go")
    options = parser.parse_args()
    tags, pairs, images = real_files(parser, options.data, FILES)
    tagged, captioned = token_tags.read(tags), captions.read(pairs, images)
    figures = planted(tagged, captioned) if options.planted else real(tagged, captioned)
    out = options.out or RESULTS / ("other_tasks_planted.json" if options.planted else "other_tasks.json")
    write_result(out, figures, seed=SEED)
    print(f"written to {out}")


def real(tagged: token_tags.Tagged, captioned: captions.Captioned) -> dict[str, Any]:
    figures: dict[str, Any] = {"tokens": token_tags.measure(tagged), "pairs": captions.measure(captioned)}
    figures["marks"] = {kind: marks.measure(kind, MARK_SEEDS, Shares()) for kind in KINDS}
    for name in ("tokens", "pairs"):
        show(name, figures[name])
    for kind in KINDS:
        show(f"marks, {kind}", figures["marks"][kind])
    return figures


def planted(tagged: token_tags.Tagged, captioned: captions.Captioned) -> dict[str, Any]:
    """Means and standard deviations over seeds. Pairs: told by images and by captions, and flags where all fit."""
    right = captions.fitting(captioned)
    tokens: dict[str, Any] = {}
    pairs: dict[str, Any] = {}
    for share in TAG_SHARES:
        runs = [token_tags.measure(token_tags.plant(tagged, share, seed), draws=0) for seed in PLANTED_SEEDS]
        tokens[str(share)] = {who: over_runs([_flat(run[who]) for run in runs]) for who in ("errata", "cleanlab")}
        show(f"tokens, {share:.1%} planted", tokens[str(share)])
    for to in TO:
        for share in CAPTION_SHARES:
            swapped = [captions.plant(right, share, seed, to) for seed in PLANTED_SEEDS]
            pairs[f"{to}_{share}"] = {
                "images": over_runs([_flat(captions.measure(data)["errata"]) for data in swapped]),
                "captions": over_runs([_flat(captions.measure_by_captions(right, data)) for data in swapped]),
            }
            show(f"pairs, {share:.0%} moved to a {to} image", pairs[f"{to}_{share}"])
    flagged = {"flagged_of_right_halves": over_runs([captions.flagged_of_half(right, seed) for seed in range(20)])}
    show("pairs that all fit", flagged)
    marked = {
        kind: {name: marks.measure(kind, PLANTED_SEEDS, shares) for name, shares in MARK_SHARES.items()}
        for kind in KINDS
    }
    for kind in KINDS:
        show(f"marks, {kind}", marked[kind])
    return {"tokens": tokens, "pairs": {**pairs, **flagged}, "marks": marked}


def _flat(figures: dict[str, dict[str, float]]) -> dict[str, float]:
    return {f"{of}_{name}": value for of, values in figures.items() for name, value in values.items()}
