"""The effect of a real small language model on a run: SmolLM2-135M-Instruct on vLLM, on news and movie reviews.

    python -m evals small_model DATA_FOLDER [--sets noisyag,imdb] [--out evals/results/small_model.json]

With default options and published prompts. For each dataset: the model's card, what the run reported about it, and the
results compared with the scan alone, also if the model counts without being measured. Its blind choices compared with
the truth, before and after its content-free prior is removed; no gain is a finding too. Then an escalation from it to a
scripted judge that is right in 90% of cases: the questions saved compared with asking that judge about every suspect,
and the right proposals lost.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import math
import random
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from errata.agent.contributions import JudgeCards, Judging
from errata.agent.drive import drive
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.roles.adjudicator import propose
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.agent.run.workspace import Workspace
from errata.settings import Settings
from errata.tools.inference.verdict_columns import VerdictColumns
from errata.tools.judging.calibration.prior import Prior, debiased
from errata.tools.judging.door import Door
from errata.tools.judging.examine import judge_items
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.protocols import blind_choice
from errata.tools.judging.reading.reading import favorite, normalized
from errata.tools.judging.spec import open_model
from errata.tools.judging.task import JudgeTask
from errata.types import Item, LabelSpace, Verdict
from evals.data.real_files import real_files
from evals.data.scripted_judges import World, scripts
from evals.result import write_result
from evals.servers.calls import in_sqlite
from evals.servers.vllm_server import VllmServer
from evals.small_model.convert import small_model
from evals.suites.judge_trust import PROTOCOLS, Set, against, judged

SEED, ITEMS, SEEN = 0, 600, 10
"""The seed; items per dataset; verdicts recorded in full."""
CHOSEN = {"noisyag": 200, "imdb": 100}
"""How many blind choices are compared with the truth."""
BUDGETS = {"noisyag": "", "imdb": "calls=300"}
"""The scan suspects every review, and asking about all of them takes a CPU an hour."""
FILES = {"noisyag": "text_noisyag_news", "imdb": "text_imdb_reviewed"}
TRUTH_KNOWN = ("confirmed", "corrected")
"""Statuses of reviews for which people said which of the two labels is right."""
CONTEXT = 4096
EXPERT = "90% independent"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the real errors")
    parser.add_argument("--sets", default=",".join(FILES))
    parser.add_argument("--out", type=Path, default=Path("evals/results/small_model.json"))
    options = parser.parse_args()
    real_files(parser, options.data, list(FILES.values()))
    figures: dict[str, Any] = {}
    with VllmServer(small_model(), "--max-model-len", str(CONTEXT), "--dtype", "bfloat16") as server:
        for name in options.sets.split(","):
            figures[name] = measured(name, rows_of(options.data / f"{FILES[name]}.parquet"), server.spec)
            write_result(options.out, {"sets": figures}, seed=SEED)


def rows_of(path: Path) -> list[dict[str, Any]]:
    rows = [row for row in pq.read_table(path).to_pylist() if row.get("truth_status", "confirmed") in TRUTH_KNOWN]
    return random.Random(SEED).sample(rows, ITEMS)


def measured(name: str, rows: Sequence[Mapping[str, Any]], spec: str) -> dict[str, Any]:
    with ExitStack() as stack:
        run = _run(stack, rows, spec, BUDGETS[name])
        alone = propose(replace(run.found.view, verdicts=(), columns=None))
        figures: dict[str, Any] = {
            "items": len(rows),
            "wrong": sum(row["given_label"] != row["true_label"] for row in rows),
            "suspects": len(run.found.view.suspects),
            "told": run.told,
            "card": run.card,
            "spent": run.spent,
            "scan alone": against(run.found, alone, alone),
            "with the model": against(run.found, alone, propose(run.found.view)),
            "escalation": escalation(run.found),
        }
        if run.found.view.track_records:
            unmeasured = _run(stack, rows, spec, BUDGETS[name], calibrate=False)
            came_of_it = against(run.found, alone, propose(unmeasured.found.view))
            figures["with the model, not measured"] = unmeasured.spent | came_of_it
        figures |= asyncio.run(blind_choices(stack, run, spec, CHOSEN[name]))
    print(f"\n{name}", *(f"  {key}: {value}" for key, value in figures.items()), sep="\n")
    return figures


class Run(NamedTuple):
    found: Set
    told: list[str]
    card: list[str]
    spent: dict[str, float]


def _run(stack: ExitStack, rows: Sequence[Mapping[str, Any]], spec: str, budget: str, calibrate: bool = True) -> Run:
    """A run as a user would start it, open until ``stack`` closes; ``calibrate``: measure the judge first."""
    data = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "items.csv"
    with data.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([("text", "label"), *((row["text"], row["given_label"]) for row in rows)])
    told: list[str] = []
    asking = {"judge": (spec,), "budget": budget, "calibrate": calibrate}
    settings = Settings.model_validate({"text": "text", "label": "label", **asking})
    workspace: Workspace = stack.enter_context(closing(begin(data, settings, notify=told.append)))
    drive(workspace, no_progress)
    view = Snapshot.of(workspace).view
    cards = view.contributions.find(JudgeCards) or JudgeCards()
    judging = view.contributions.find(Judging) or Judging()
    lines = [line for card in cards.judges.values() for line in card.lines]
    truth = [str(row["true_label"]) for row in rows]
    world = World(truth, view.space.names, np.zeros(len(rows)), frozenset(row.idx for row in view.suspects))
    return Run(Set(view, world), told, lines, judging.model_dump(include={"calls", "tokens"}))


def escalation(found: Set) -> dict[str, Any]:
    """The number of questions and the results, with the expert asked about every suspect and with escalation from the
    model to the expert."""
    script, lines = scripts()[EXPERT], dict[str, Any]()
    for name, escalate in (("every suspect", False), ("escalated", True)):
        settings = found.view.settings.model_copy(update={"protocols": PROTOCOLS, "escalate": escalate})
        view, calls = judged(Set(replace(found.view, settings=settings), found.world), "expert", script)
        lines[name] = {"calls": calls, "proposals": propose(view)}
    every = lines["every suspect"]["proposals"]
    return {name: {"calls": line["calls"], **against(found, every, line["proposals"])} for name, line in lines.items()}


async def blind_choices(stack: ExitStack, run: Run, spec: str, count: int) -> dict[str, Any]:
    """Blind choices about random items, with none, all, and the fitted share of the content-free prior removed."""
    view, truth = run.found.view, run.found.world.truth
    drawn = sorted(random.Random(SEED).sample(range(len(truth)), count))
    door = Door(open_model(spec), in_sqlite(stack), Budget())
    try:
        tasks = [JudgeTask(item, blind_choice.PROMPT_ID, view.space.names) for item in view.content.each(drawn)]
        asked = await judge_items(door, tasks, view.setup)
    finally:
        await door.close()
    read = [verdict for verdict in asked.verdicts if verdict.readable]
    (profile,) = view.profiles.judges.values()
    prior = Prior.from_json(profile.prior)
    shares = {"before": 0.0, "whole prior out": 1.0, f"fitted share {profile.prior_share:.2f} out": profile.prior_share}
    return {
        "prior": {label: round(math.exp(value), 3) for label, value in prior.log_prior.items()},
        "blind choices": {"asked": len(drawn), "read": len(read), **_said(read, view.space)},
        "calibration": {name: _against_truth(read, truth, prior, share) for name, share in shares.items()},
        "seen": [_as_read(task.item, verdict, truth) for task, verdict in zip(tasks, asked.verdicts, strict=True)][
            :SEEN
        ],
    }


def _said(read: Sequence[Verdict], space: LabelSpace) -> dict[str, Any]:
    favorites = [favorite(verdict.log_probs) for verdict in read]
    return {
        "likeliest answer's median probability": round(median(math.exp(max(v.log_probs.values())) for v in read), 3),
        "told nothing": VerdictColumns.answers(read, space).count(""),
        "named": {name: favorites.count(name) for name in sorted(set(favorites))},
    }


def _against_truth(
    read: Sequence[Verdict], truth: Sequence[str | None], prior: Prior, share: float
) -> dict[str, float]:
    """Among labels only, without other answers: how often the likeliest is the true one, and the mean log loss in
    nats."""
    right, loss = 0, 0.0
    for verdict in read:
        moved = debiased(verdict.log_probs, prior.log_prior, share)
        labels = normalized({name: value for name, value in moved.items() if name in prior.log_prior})
        right += max(labels, key=labels.__getitem__) == truth[verdict.idx]
        loss -= labels[str(truth[verdict.idx])]
    even = math.log(max(len(prior.log_prior), 1))
    return {"accuracy": round(right / len(read), 3), "log loss": round(loss / len(read), 3), "even": round(even, 3)}


def _as_read(item: Item, verdict: Verdict, truth: Sequence[str | None]) -> dict[str, Any]:
    ranked = sorted(verdict.log_probs.items(), key=lambda pair: -pair[1])
    probs = {name: round(math.exp(value), 3) for name, value in ranked}
    return {
        "text": (item.text or "")[:80],
        "given": item.given_label,
        "truth": truth[item.idx],
        "said": verdict.said,
    } | {"probabilities": probs}


if __name__ == "__main__":
    main()
