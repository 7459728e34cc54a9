"""What a second opinion adds to a panel whose judges are asked in turn.

    python -m evals second_opinion [REPLAY_FOLDER] [--out evals/results/second_opinion.json]

The demo's digits, scanned by errata, with the shipped judge and a second one that is made up: it names the true label
in nine cases of ten and any other one otherwise, as sure either way. Then two sets of recorded answers of real models,
if the folder is given: BABE and MMLU-Redux, whose labels people checked. Their texts are scanned on plain features, and
every item counts as a suspect. A recorded answer has no probabilities, so each is taken as sure. One blind choice per
item and judge; a call is one such question. Nothing is asked anew: the panel's own roles say whom to ask, and get the
answers recorded.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TypeVar

import numpy as np
import pyarrow.parquet as pq

from errata.agent.drive import drive
from errata.agent.evidence.next_questions import Question
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.evidence.view import View
from errata.agent.role import Role
from errata.agent.roles.examiner import Examiner
from errata.agent.roles.second_opinion import SecondOpinion
from errata.agent.run.begin import begin
from errata.demo.digits import read_key, write_digits
from errata.settings import Settings
from errata.tools.judging.door import Door
from errata.types import PromptRef, Verdict
from evals.result import write_result

T = TypeVar("T")
SEED, RIGHT = 0, 0.9
PROTOCOL = "blind_choice"
REPLAYED: dict[str, tuple[str, dict[str, str]]] = {
    "babe": ("babe_reannotated", {"zephyr": "4shot_cot", "openchat": "8shot_cot", "mixtral_8x7b": "8shot_cot"}),
    "mmlu_redux2": (
        "mmlu_redux2_llm_answers",
        dict.fromkeys(
            ("qwen_qwen2-72b-instruct", "meta_llama-3.1-70b-instruct-turbo", "openai_gpt-4o-2024-05-13"),
            "helm_5shot_answer",
        ),
    ),
}
"""Dataset -> its file, and the judges in the order in which they are asked, each with the style of its prompt."""

Answers = Mapping[str, Mapping[int, Verdict]]
"""Judge -> item -> what it says; judges in the order in which they are asked."""


class Set(NamedTuple):
    """A scanned dataset, the answers of its judges, and the true label of each item."""

    view: View
    answers: Answers
    truth: Sequence[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("replay", type=Path, nargs="?", help="folder with recorded judgments (*.parquet)")
    parser.add_argument("--out", type=Path, default=Path("evals/results/second_opinion.json"))
    options = parser.parse_args()
    figures = {}
    for name, found in sets(options.replay):
        panels = compared(found)
        figures[name] = {"items": len(found.truth), "judges": list(found.answers), "panels": panels}
        print(f"\n{name}: {len(found.truth)} items, judges {', '.join(found.answers)}")
        for panel, line in panels.items():
            print(f"  {panel:28}" + "  ".join(f"{key} {value}" for key, value in line.items()), flush=True)
    write_result(options.out, {"sets": figures}, seed=SEED)


def sets(replay: Path | None) -> Iterator[tuple[str, Set]]:
    yield from digits()
    for name, (file, judges) in REPLAYED.items():
        path = replay / f"{file}.parquet" if replay else None
        if path is None or not path.is_file():
            print(f"\n{name}: left out, no {file}.parquet. It is not part of errata; name the folder that has it.")
        else:
            yield name, replayed(path, name, judges)


def compared(found: Set) -> dict[str, dict[str, float]]:
    first, escalating, everybody = next(iter(found.answers)), _panel(found, True), _panel(found, False)
    return {
        "first judge alone": measured(found, asked(replace(everybody, judges=(first,)), found.answers, Examiner())),
        "escalate": measured(found, asked(escalating, found.answers, Examiner())),
        "escalate, second opinion": measured(found, asked(escalating, found.answers, Examiner(), SecondOpinion())),
        "all judges on all": measured(found, asked(everybody, found.answers, Examiner())),
    }


def _panel(found: Set, escalate: bool) -> View:
    settings = found.view.settings.model_copy(update={"escalate": escalate, "protocols": (PROTOCOL,)})
    return replace(
        found.view, settings=settings, judges=tuple(found.answers), verdicts=(), control_verdicts=(), columns=None
    )


def asked(view: View, answers: Answers, *roles: Role) -> View:
    """The view when the roles have nothing left to ask."""
    while True:
        left = [one for role in roles if role.wanted(view) for one in role.work(view, _nobody)]
        questions = dict.fromkeys((one.judge, one.idx) for one in left if isinstance(one, Question))
        if not questions:
            return view
        view = replace(view, verdicts=(*view.verdicts, *(answers[judge][idx] for judge, idx in questions)))


def measured(found: Set, view: View) -> dict[str, float]:
    """``changes``: labels that would be changed among the items that were looked at; ``right``: the share of them that
    get their true label; ``broken``: right labels among them; ``found``: wrong labels among them, of the
    ``wrong`` ones of the whole set."""
    challengers, looked_at = view.posterior.challengers, {verdict.idx for verdict in view.verdicts}
    changes = [i for i in sorted(looked_at) if view.outcomes[i] == "relabel"]
    given = [row.given_label for row in view.rows]
    right = sum(challengers[i] == found.truth[i] for i in changes)
    broken = sum(given[i] == found.truth[i] for i in changes)
    return {
        "calls": len(view.verdicts),
        "changes": len(changes),
        "right": round(right / max(len(changes), 1), 3),
        "broken": broken,
        "found": len(changes) - broken,
        "wrong": sum(one != true for one, true in zip(given, found.truth, strict=True)),
    }


def digits() -> Iterator[tuple[str, Set]]:
    """The shipped judge first, and second."""
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "key.csv"
        data = write_digits(Path(folder) / "digits", SEED, "demo", key)
        values = {"label": "label", "image": "image", "id": "id", "judge": ("demo",), "style": "names"}
        view = scanned(data, Settings.model_validate(values | {"protocols": (PROTOCOL,)}))
        spoiled = read_key(key)
    truth = [spoiled.get(row.item_id, str(row.given_label)) for row in view.rows]
    shipped = {verdict.idx: verdict for verdict in view.verdicts}
    rng, names = np.random.default_rng(SEED), view.space.names
    made_up = {}
    for idx, true in enumerate(truth):
        others = [name for name in names if name != true]
        made_up[idx] = sure(idx, "made up", true if rng.random() < RIGHT else str(rng.choice(others)), names)
    yield "digits, shipped judge first", Set(view, {"shipped": _named("shipped", shipped), "made up": made_up}, truth)
    yield "digits, made-up judge first", Set(view, {"made up": made_up, "shipped": _named("shipped", shipped)}, truth)


def _named(judge: str, verdicts: Mapping[int, Verdict]) -> dict[int, Verdict]:
    return {idx: replace(verdict, judge=judge) for idx, verdict in verdicts.items()}


def replayed(path: Path, dataset: str, judges: Mapping[str, str]) -> Set:
    """The items with a known label, to each of which all of these judges gave an answer that can be read."""
    said: dict[str, dict[str, dict[str, Any]]] = {}
    for row in pq.read_table(path).to_pylist():
        usable = row["dataset"] == dataset and judges.get(row["judge"]) == row["prompt_style"]
        if usable and None not in (row["gold_label"], row["given_label"], row["judge_label"]):
            said.setdefault(row["id"], {})[row["judge"]] = row
    rows = [by_judge for _, by_judge in sorted(said.items()) if len(by_judge) == len(judges)]
    items = [next(iter(by_judge.values())) for by_judge in rows]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "items.csv"
        with data.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("text", "label"))
            writer.writerows((item["input"], item["given_label"]) for item in items)
        view = scanned(data, Settings(text=("text",), label="label", embedder="plain"))
    names = view.space.names
    answers = {
        judge: {idx: sure(idx, judge, by_judge[judge]["judge_label"], names) for idx, by_judge in enumerate(rows)}
        for judge in judges
    }
    everyone = [row._replace(suspicion=row.idx) for row in view.rows]
    return Set(replace(view, rows=everyone), answers, [item["gold_label"] for item in items])


def scanned(data: Path, settings: Settings) -> View:
    """What a run had found at its end."""
    with closing(begin(data, settings)) as workspace:
        drive(workspace, lambda step, done, total: None)
        return Snapshot.of(workspace).view


def sure(idx: int, judge: str, answer: str, names: Sequence[str]) -> Verdict:
    log_probs = {name: 0.0 if name == answer else -np.inf for name in names}
    return Verdict(idx, judge, PROTOCOL, PromptRef(PROTOCOL, "", ""), log_probs, answer, ())


def _nobody(judge: str, ask: Callable[[Door], Coroutine[Any, Any, T]]) -> NoReturn:
    raise AssertionError("roles that ask nothing themselves")
