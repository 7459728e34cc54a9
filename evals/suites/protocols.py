"""Question bank and contest, apart and together, on every held-out digit through a real vLLM server.

    python -m evals protocols [--judge FOLDER|SPEC] [--style letters] [--limit N] [--out evals/results/protocols.json]

For each share of planted errors and each seed the items are ranked by how surely their given label holds: by the
question bank alone, by the contest alone, by both, and by the official rule of VDC (ALGORITHMS B3: the share of answers
that are as expected, dirty below 0.5). The challenger of an item is what a probe on its pixels, trained on the spoiled
labels, likes best. Average precision of finding the planted errors; the intervals of the differences come from drawing
the items anew, the same for both sides.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve

from errata.demo.digits import demo_half, picture, plant
from errata.testing import MemoryCalls
from errata.tools.detectors.confident.confident_joint import confident_joint
from errata.tools.features.probe import out_of_fold_probs
from errata.tools.judging.bank.bank import Bank, by_rule, confusions, merged
from errata.tools.judging.bank.bank_file import read_bank
from errata.tools.judging.calls import CallLog
from errata.tools.judging.door import Door
from errata.tools.judging.examine import judge_items
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.protocols.question_bank import matched_share
from errata.tools.judging.reading.reading import Style, normalized
from errata.tools.judging.spec import open_model
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.tools.odds import log_odds
from errata.types import F64, Int, Item, LabelSpace, Verdict, sha_of
from evals.ranking import ap
from evals.result import write_result
from evals.servers.vllm_server import VllmServer

DEMO = files("errata.demo")
SPACE = LabelSpace(tuple(map(str, range(10))))
SHARES, SEEDS = (0.1, 0.3), 5
DRAWS = 1000
PRECISION = 0.97
WAYS = ("both", "question_bank", "contest", "official_rule")


@dataclass(frozen=True)
class Planting:
    """One planting: given labels and whether they are wrong, and what each way thinks of them, f64[N], low = bad."""

    wrong_N: NDArray[np.bool_]
    quality: dict[str, F64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judge", default=str(DEMO / "tiny_judge"), help="a folder, served by vLLM here; or any judge")
    parser.add_argument("--style", choices=("letters", "names"), default="letters")
    parser.add_argument("--limit", type=int, help="the first N digits only, to try things out")
    parser.add_argument("--out", type=Path, default=Path("evals/results/protocols.json"))
    options = parser.parse_args()
    calls = MemoryCalls()
    with judge_at(options.judge) as spec:
        found = {
            share: [judge_planting(spec, share, seed, options.style, calls, options.limit) for seed in range(SEEDS)]
            for share in SHARES
        }
    figures = {f"{share:g}": figures_of(plantings) for share, plantings in found.items()}
    print_table(figures)
    write_result(options.out, {"style": options.style, "calls": len(calls.calls), "shares": figures}, seed=0)


@contextlib.contextmanager
def judge_at(judge: str) -> Iterator[str]:
    """A judge's name as ``open_model`` takes it; a folder is served by vLLM meanwhile."""
    if not Path(judge).is_dir():
        yield judge
        return
    with VllmServer(Path(judge), "--max-model-len", "512") as server:
        print(f"vLLM serves {judge} after {server.ready_s:.0f} s", flush=True)
        yield server.spec


def judge_planting(spec: str, share: float, seed: int, style: Style, calls: CallLog, limit: int | None) -> Planting:
    pixels_NHW, truth_N = demo_half()
    given_N, key = plant(truth_N, seed, share)
    probs_NK = out_of_fold_probs(np.asarray(pixels_NHW.reshape(len(truth_N), -1) / 16, np.float32), given_N, 10)
    rivals_N = _best_other(probs_NK, given_N)
    joint = confident_joint(given_N, probs_NK).calibrated(given_N).tolist()
    bank = merged(read_bank(Path(str(DEMO / "questions.json")), SPACE), by_rule(SPACE, confusions(joint, SPACE)))
    rows = range(len(truth_N) if limit is None else limit)
    items = [_item(row, picture(pixels_NHW[row]), str(given_N[row])) for row in rows]
    tasks = [
        JudgeTask(item, protocol, (str(given_N[item.idx]), str(rivals_N[item.idx])))
        for item in items
        for protocol in ("question_bank", "contest")
    ]
    verdicts = asyncio.run(_judged(spec, tasks, JudgeSetup(SPACE, style=style, bank=bank), calls))
    print(f"share {share:g}, seed {seed}: {len(verdicts)} verdicts", flush=True)
    quality = _quality(verdicts, items, bank)
    return Planting(np.array([row in key for row in rows]), quality)


async def _judged(spec: str, tasks: Sequence[JudgeTask], setup: JudgeSetup, calls: CallLog) -> list[Verdict]:
    door = Door(open_model(spec), calls, Budget())
    try:
        judged = await judge_items(door, tasks, setup)
    finally:
        await door.close()
    if judged.stopped is not None:
        raise judged.stopped
    return list(judged.verdicts)


def _item(row: int, image: bytes, given: str) -> Item:
    return Item.of(row, str(row), sha_of(image.hex()), given, None, image)


def _best_other(probs_NK: NDArray[np.float32], given_N: Int) -> Int:
    others_NK = probs_NK.copy()
    others_NK[np.arange(len(given_N)), given_N] = -1
    best_N: Int = others_NK.argmax(axis=1)
    return best_N


def _quality(verdicts: Sequence[Verdict], items: Sequence[Item], bank: Bank) -> dict[str, F64]:
    of = {(verdict.protocol, verdict.idx): verdict for verdict in verdicts}
    quality: dict[str, list[float]] = {way: [] for way in WAYS}
    for item in items:
        given = str(item.given_label)
        asked, contested = of["question_bank", item.idx], of["contest", item.idx]
        quality["question_bank"].append(log_odds(asked.log_probs[given]))
        quality["contest"].append(log_odds(contested.log_probs[given]))
        # As the posterior weighs the protocols of one judge: the mean of their log-probabilities.
        mean = normalized({k: (asked.log_probs[k] + contested.log_probs[k]) / 2 for k in contested.log_probs})
        quality["both"].append(log_odds(mean[given]))
        quality["official_rule"].append(matched_share(bank, given, asked.answers))
    return {way: np.array(values) for way, values in quality.items()}


def figures_of(plantings: Sequence[Planting]) -> dict[str, Any]:
    """Per way the mean over the seeds of AP and of recall at PRECISION; per other way the interval of both's lead."""
    figures: dict[str, Any] = {}
    for way in WAYS:
        figures[way] = {
            "ap": round(float(np.mean([ap(p.wrong_N, p.quality[way]) for p in plantings])), 4),
            f"recall_at_{PRECISION}": round(float(np.mean([_recall(p.wrong_N, p.quality[way]) for p in plantings])), 4),
        }
    for way in WAYS[1:]:
        low, high = np.quantile(_leads(plantings, way), [0.025, 0.975])
        lead = figures["both"]["ap"] - figures[way]["ap"]
        figures[way]["both_leads_by"] = [round(lead, 4), round(float(low), 4), round(float(high), 4)]
    figures["official_rule"]["below_half"] = _rule(plantings)
    return figures


def _leads(plantings: Sequence[Planting], way: str) -> F64:
    """Mean over the seeds of the difference in AP, for DRAWS new draws of the items."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(DRAWS):
        rows = rng.integers(0, len(plantings[0].wrong_N), len(plantings[0].wrong_N))
        differences = [
            ap(p.wrong_N[rows], p.quality["both"][rows]) - ap(p.wrong_N[rows], p.quality[way][rows]) for p in plantings
        ]
        found.append(np.mean(differences))
    return np.array(found)


def _recall(wrong_N: NDArray[np.bool_], quality_N: F64) -> float:
    precision, recall, _ = precision_recall_curve(wrong_N, -quality_N)
    return float(recall[precision >= PRECISION].max())


def _rule(plantings: Sequence[Planting]) -> dict[str, float]:
    """Precision and recall of the official rule itself; a tie at 0.5 counts as clean, for every item alike."""
    flagged = [p.quality["official_rule"] < 0.5 for p in plantings]
    hits = sum(int((flag & p.wrong_N).sum()) for flag, p in zip(flagged, plantings, strict=True))
    return {
        "precision": round(hits / max(sum(int(flag.sum()) for flag in flagged), 1), 4),
        "recall": round(hits / sum(int(p.wrong_N.sum()) for p in plantings), 4),
    }


def print_table(figures: dict[str, Any]) -> None:
    for share, ways in figures.items():
        print(f"\nplanted {float(share):.0%}, {SEEDS} seeds      AP     recall at {PRECISION}   both leads by (95%)")
        for way in WAYS:
            lead = ways[way].get("both_leads_by")
            words = "" if lead is None else f"{lead[0]:+.4f} ({lead[1]:+.4f} to {lead[2]:+.4f})"
            print(f"  {way:16}{ways[way]['ap']:10.4f}{ways[way][f'recall_at_{PRECISION}']:12.4f}      {words}")
