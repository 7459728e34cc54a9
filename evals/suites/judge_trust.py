"""The effect of all kinds of judges on a run, in which each is measured and counts only as far as it was right.

    python -m evals judge_trust DATA_FOLDER REPLAY_FOLDER [--out evals/results/judge_trust.json]

The judges are scripts that know the truth: seven ignore it, others are right in 30 to 97% of cases, with errors that
are independent, or concentrated on classes, on content that looks alike, or on what the scan is unsure of. Each is
measured on trusted items and then asked questions, both as in a run. Compared with the scan alone on the same items:
wrong labels closed as "keep", right labels that a rule at .9 would break, right changes above .9 and how many of them
such a rule may make, right proposals lost and gained, and how many items are left open for a person. ``worse`` names
the columns in which a judge did worse than the scan beyond chance: an exact one-sided sign test on the items that
differ, at .05 divided by the number of judges.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from scipy.stats import binomtest

from errata.agent.contributions import JudgeProfile, JudgeProfiles
from errata.agent.decisions.approval import OPEN_OUTCOMES
from errata.agent.drive import drive
from errata.agent.evidence.next_questions import NextQuestions, Question
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.evidence.view import View
from errata.agent.roles.adjudicator import propose
from errata.agent.roles.calibrator import questions_about
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.demo.digits import read_key, write_digits
from errata.settings import Settings
from errata.testing import TextContent
from errata.tools.judging.calibration.trusted import FEWEST, STEP, answers_of, is_known
from errata.types import F64, Proposal
from evals.data.label_tasks import CIFAR_CLASSES
from evals.data.real_files import real_files
from evals.data.scripted_judges import Asked, Script, World, by_looks, scripts, verdict
from evals.result import write_result

SEED, RULE, PROTOCOLS = 0, 0.9, ("blind_choice", "contest")
TEXTS = {"noisyag": "text_noisyag_news", "hausa": "text_hausa_news"}
CIFAR = "image_cifar10n"
IMAGES = {"cifar10n_given": ("given_label", "aggre"), "cifar10n_worst": ("given_label_worst", "worst")}
REPLAYED = {"babe": "babe_reannotated", "mmlu_redux2": "mmlu_redux2_llm_answers"}
COLUMNS = ("used", "closed", "broken", "right_above", "rule_right", "lost", "gained", "open", "calls")
LEVEL = 0.05


class Set(NamedTuple):
    view: View
    world: World


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the real errors")
    parser.add_argument("replay", type=Path, help="folder of the recorded answers")
    parser.add_argument("--sets", default="")
    parser.add_argument("--out", type=Path, default=Path("evals/results/judge_trust.json"))
    options = parser.parse_args()
    real_files(parser, options.data, [*TEXTS.values(), CIFAR])
    figures: dict[str, dict[str, Any]] = {}
    makers = sets(options.data, options.replay)
    for name in options.sets.split(",") if options.sets else makers:
        figures[name] = compared(name, makers[name]())
    write_result(options.out, {"sets": figures}, seed=SEED)


def compared(name: str, found: Set) -> dict[str, Any]:
    alone = propose(found.view)
    figures: dict[str, Any] = {"items": len(found.world.truth), "wrong": _wrong(found)}
    print(f"\n{name} {figures}\n{'':28}" + "".join(f"{column:>12}" for column in COLUMNS) + "   at least right")
    figures["scan alone"] = against(found, alone, alone)
    _print_line("scan alone", figures["scan alone"])
    for judge, script in scripts().items():
        view, calls = judged(found, judge, script)
        records = view.track_records
        line: dict[str, Any] = {"used": sum(record.used for record in records.values()), "calls": calls}
        line |= against(found, alone, propose(view))
        line["at_least"] = {protocol: round(record.at_least, 3) for (_, protocol), record in records.items()}
        figures[judge] = line
        _print_line(judge, line)
    return figures


def _print_line(judge: str, line: dict[str, Any]) -> None:
    counts = "".join(f"{line.get(column, ''):>12}" for column in COLUMNS)
    print(f"{judge:28}{counts}", line.get("at_least", ""), *(f"worse: {name}" for name in line["worse"]))


def judged(found: Set, judge: str, script: Script) -> tuple[View, int]:
    """The view after the judge has been measured and asked everything, and the number of questions. If judges escalate,
    it is asked only what those before it left undecided."""
    view = replace(found.view, judges=(*found.view.judges, judge), judge=judge)
    put, calls = [], 0
    each = questions_about(view)
    for start in range(0, len(each), STEP):
        for question in [one for of_item in each[start : start + STEP] for one in of_item]:
            asked = Asked(question.item.idx, question.protocol, question.labels, question.given)
            put.append((question, verdict(judge, script, found.world, asked)))
        if start + STEP >= FEWEST and is_known(answers_of(put, view.space)):
            break
    calls += len(put)
    profile = JudgeProfile(
        prior={"judge": judge, "prompt_sha": "", "style": "", "log_prior": {}, "items": 0},
        anchor_bias=(0.0, 0.0, 0),
        trusted=tuple(answers_of(put, view.space)),
    )
    profiles = JudgeProfiles(judges=view.profiles.judges | {judge: profile})
    view = replace(view, contributions=view.contributions.plus(profiles))
    rows = {row.idx: row for row in view.rows}
    while questions := _wanted(view, judge):
        more = [
            verdict(judge, script, found.world, Asked(q.idx, q.protocol, q.labels, rows[q.idx].given_label))
            for q in questions
        ]
        calls += len(more)
        view = replace(view, verdicts=(*view.verdicts, *more))
    return view, calls


def _wanted(view: View, judge: str) -> list[Question]:
    upcoming, suspects = NextQuestions(view), view.suspects
    if view.settings.escalate:
        suspects = [row for row in suspects if upcoming.is_undecided(row)]
    return upcoming.of(judge, suspects)


def against(found: Set, alone: Sequence[Proposal], proposals: Sequence[Proposal]) -> dict[str, Any]:
    before, now = _sets_of_items(found, alone), _sets_of_items(found, proposals)
    fewer = {"right_above", "rule_right", "right"}  # here, a lower count is worse
    at_most = LEVEL / len(scripts())
    worse = [
        name
        for name in ("closed", "broken", *sorted(fewer))
        if _chance_of_so_many(*((before, now) if name in fewer else (now, before)), name) < at_most
    ]
    return {
        **{name: len(now[name]) for name in ("closed", "broken", "right_above", "rule_right", "open")},
        "lost": len(before["right"] - now["right"]),
        "gained": len(now["right"] - before["right"]),
        "different": sum(
            (a.outcome, a.proposed_label) != (p.outcome, p.proposed_label)
            for a, p in zip(alone, proposals, strict=True)
        ),
        "worse": worse,
    }


def _sets_of_items(found: Set, proposals: Sequence[Proposal]) -> dict[str, set[int]]:
    """The items counted in each column."""
    truth, given = found.world.truth, [row.given_label for row in found.view.rows]
    right = {p.idx for p in proposals if p.outcome == "relabel" and p.proposed_label == truth[p.idx]}
    above = {p.idx for p in proposals if p.outcome == "relabel" and p.confidence >= RULE}
    by_rule = {idx for idx in above if proposals[idx].basis != "judge alone"}
    return {
        "closed": {p.idx for p in proposals if p.outcome == "keep" and given[p.idx] != truth[p.idx]},
        "broken": {idx for idx in by_rule if given[idx] == truth[idx]},
        "right": right,
        "right_above": right & above,
        "rule_right": right & by_rule,
        "open": {p.idx for p in proposals if p.outcome in OPEN_OUTCOMES},
    }


def _chance_of_so_many(more: Mapping[str, set[int]], fewer: Mapping[str, set[int]], name: str) -> float:
    """The probability that chance alone puts at least this many of the items that differ on the side of ``more``."""
    only, other = len(more[name] - fewer[name]), len(fewer[name] - more[name])
    return float(binomtest(only, only + other, 0.5, alternative="greater").pvalue) if only else 1.0


def _wrong(found: Set) -> int:
    given = [row.given_label for row in found.view.rows]
    return sum(one != true for one, true in zip(given, found.world.truth, strict=True))


def sets(data: Path, replay: Path) -> Mapping[str, Callable[[], Set]]:
    found: dict[str, Callable[[], Set]] = {"digits": digits}
    found |= {name: partial(texts, data / f"{file}.parquet") for name, file in TEXTS.items()}
    pictures = data / f"{CIFAR}.parquet"
    found |= {name: partial(cifar, pictures, *columns) for name, columns in IMAGES.items()}
    return found | {name: partial(replayed, replay / f"{file}.parquet", name) for name, file in REPLAYED.items()}


def texts(path: Path) -> Set:
    return scanned(pq.read_table(path).to_pylist(), "text", "given_label", "true_label")


def cifar(path: Path, column: str, probs: str) -> Set:
    rows = [row | {"text": f"picture {n}"} for n, row in enumerate(pq.read_table(path).to_pylist())]
    probs_NK = np.array([row[f"pred_probs_{probs}_swin"] for row in rows], np.float32)
    return scanned(rows, "text", column, "true_label", probs_NK)


def replayed(path: Path, dataset: str) -> Set:
    rows = {row["id"]: row for row in pq.read_table(path).to_pylist() if row["dataset"] == dataset}
    kept = [row for _, row in sorted(rows.items()) if None not in (row["gold_label"], row["given_label"])]
    return scanned(kept, "input", "given_label", "gold_label")


def digits() -> Set:
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "key.csv"
        data = write_digits(Path(folder) / "digits", SEED, "demo", key)
        view, looks_N = _scan(data, Settings.model_validate({"label": "label", "image": "image", "id": "id"}))
        spoiled = read_key(key)
    return _set(view, looks_N, [spoiled.get(row.item_id, str(row.given_label)) for row in view.rows])


def scanned(
    rows: Sequence[dict[str, Any]], text: str, given: str, true: str, probs_NK: np.ndarray | None = None
) -> Set:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "items.csv"
        with data.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("text", "label"))
            writer.writerows((row[text], row[given]) for row in rows)
        more: dict[str, Any] = {}
        if probs_NK is not None:
            names = sorted({row[given] for row in rows})
            np.save(Path(folder) / "p.npy", probs_NK[:, [CIFAR_CLASSES.index(name) for name in names]])
            more = {"probs": str(Path(folder) / "p.npy"), "embedder": "plain"}
        view, looks_N = _scan(data, Settings.model_validate({"text": "text", "label": "label", **more}))
    return _set(view, looks_N, [row[true] for row in rows])


def _scan(data: Path, settings: Settings) -> tuple[View, F64]:
    """The view at the end of a scan, with its arrays in memory, and the features that show what looks alike."""
    with closing(begin(data, settings)) as workspace:
        drive(workspace, no_progress)
        view, arrays = Snapshot.of(workspace).view, workspace.arrays
        scan = view.found
        held = replace(
            scan,
            probs_NK=np.array(scan.probs_NK),
            label_probs=[np.array(probs_NK) for probs_NK in scan.label_probs],
            flags={name: np.array(flag_N) for name, flag_N in scan.flags.items()},
            neighbors_Nk=None if scan.neighbors_Nk is None else np.array(scan.neighbors_Nk),
        )
        texts = TextContent([f"item {row.idx}" for row in view.rows])
        looks_N = by_looks(np.array(arrays.load("embeddings" if arrays.has("embeddings") else "probs")))
        settings = view.settings.model_copy(update={"protocols": PROTOCOLS})
        return replace(view, scan=held, content=texts, settings=settings), looks_N


def _set(view: View, looks_N: F64, truth: Sequence[str | None]) -> Set:
    return Set(view, World(truth, view.space.names, looks_N, frozenset(row.idx for row in view.suspects)))


if __name__ == "__main__":
    main()
