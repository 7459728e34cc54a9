"""Measure on planted errors how much of what is wrong a scan finds in the user's own data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pydantic import Field

from errata import words
from errata.agent.actions.action import Action, Inputs
from errata.agent.actions.session import Session
from errata.agent.evidence.scan_calibration import planted_scan
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.evidence.view import View
from errata.errors import DataError, SetupError, StoreError
from errata.tools.inference.recall import PlantedRecall, Recall, planted_recall
from errata.tools.store.decisions import settled
from errata.tools.visible import one_line


class EvaluateInputs(Inputs):
    plant: int = Field(default=200, ge=1, description="How many errors to plant.")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``labels``: labeled items of the data; ``asked``: how many errors were to be planted. ``people``: the same of the
    labels that people found wrong when they looked at the item; None without such decisions."""

    labels: int
    asked: int
    scan: PlantedRecall
    people: Recall | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def _evaluate(session: Session, given: EvaluateInputs) -> Evaluation:
    workspace, snapshot = session.run, Snapshot.of(session.run)
    if snapshot.scan is None:
        raise SetupError("This run has not been scanned yet: errata scan DATA, then errata eval DATA.")
    view, settings = snapshot.view, workspace.settings
    found = planted_recall(
        planted_scan(snapshot),
        view.space,
        view.calibration,
        given.plant,
        settings.clear_ratio,
        settings.costs,
        lambda done, total: session.progress("plant", done, total),
    )
    if not found.total.planted:
        raise DataError(
            "No class has room for planted errors: at most 3% of a class are planted at a time, so one needs 34 items."
        )
    return Evaluation(int((view.given_N >= 0).sum()), given.plant, found, _people(view))


def _people(view: View) -> Recall | None:
    """The labels that people found wrong, as if the scan had been asked before."""
    table, outcomes = view.scan_posterior, view.scan_outcomes
    wrong = {idx: one for idx, one in settled(view.decisions).items() if one.looked == "item" and one.changes_label}
    if not wrong:
        return None
    best = {idx: table.challengers[idx] for idx in wrong}
    fixes = [idx for idx in wrong if outcomes[idx] == "relabel"]
    right = sum(best[idx] == view.space.canonical(wrong[idx].label) for idx in fixes)
    return Recall(len(wrong), sum(outcomes[idx] is not None for idx in wrong), len(fixes), right)


def in_words(found: Evaluation) -> str:
    """For a terminal."""
    total, scan = found.scan.total, found.scan
    lines = [
        f"planted   {total.planted} errors among {found.labels:,} labels, in memory only, in {_rounds(scan.rounds)}",
        f"scan      {_line(total)}",
    ]
    lines += [f"  {kind:<12}{_line(one)}" for kind, one in scan.kinds.items() if one.planted]
    lines += [f"  {one_line(label, 40)}: {_line(one)}" for label, one in scan.classes.items()]
    if total.planted < found.asked:
        lines.append(f"          The data has room for {total.planted} errors of the {found.asked} asked for.")
    lines.append(words.HARDER if found.people is None else f"people    of what they found wrong: {_line(found.people)}")
    return "\n".join(lines)


def _rounds(count: int) -> str:
    return f"{count} rounds" if count > 1 else "one round"


def _line(one: Recall) -> str:
    (low, high), (least, most) = one.found_between, one.right_between
    said = f"{one.found} of {one.planted} found ({low:.0%} to {high:.0%})"
    return said + f"; {one.right} of {one.fixes} fixes right ({least:.0%} to {most:.0%})" * bool(one.fixes)


EVALUATE = Action(
    "evaluate",
    "Plant errors of four kinds in the labels of a scanned dataset, in memory only, scan them again, and return how "
    "many are found and how many of the proposed fixes are right, by kind and by class. No model is asked.",
    "read",
    EvaluateInputs,
    Evaluation,
    (SetupError, DataError, StoreError),
    _evaluate,
)
