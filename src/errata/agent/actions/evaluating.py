"""Measure on planted errors how much of what is wrong errata finds in the user's own data: by the scan, by each judge,
and by the panel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from pydantic import Field

from errata import words
from errata.agent.actions.action import Action, Inputs
from errata.agent.actions.session import Session
from errata.agent.evidence.planted_view import planted_view
from errata.agent.evidence.scan_calibration import planted_scan
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.evidence.view import View
from errata.agent.planted_judging import judged, proposals_by
from errata.agent.run.go_ahead import needs_word
from errata.agent.views.price import Price, price_of
from errata.errors import DataError, ModelError, SetupError, Stopped, StoreError
from errata.tools.inference.recall import PlantedRecall, Recall, Tally, planted_recall, planted_rounds
from errata.tools.inference.scan import Scan
from errata.tools.store.decisions import settled
from errata.tools.visible import one_line


class EvaluateInputs(Inputs):
    plant: int = Field(default=200, ge=1, description="How many errors to plant.")


class JudgedInputs(EvaluateInputs):
    yes: bool = Field(default=False, description="Continue, however long it takes and whatever it costs.")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``labels``: labeled items of the data; ``asked``: how many errors were to be planted. ``judges``: by the judges,
    each alone on top of the scan, and ``panel``: by all of them, where there are several; none before they were asked,
    which takes at most ``price``. ``people``: the same of the labels that people found wrong when they looked at the
    item; None without such decisions."""

    labels: int
    asked: int
    scan: PlantedRecall
    people: Recall | None
    price: Price | None = None
    judges: dict[str, PlantedRecall] = field(default_factory=dict)
    panel: PlantedRecall | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class _Planting:
    """Errors planted in the labels of the session's run, and what the scan makes of them."""

    def __init__(self, session: Session, count: int) -> None:
        self._session, self._run = session, session.run
        self._snapshot = Snapshot.of(self._run)
        if self._snapshot.scan is None:
            raise SetupError("This run has not been scanned yet: errata scan DATA, then errata eval DATA.")
        if self._run.task.own_scan:
            raise SetupError(
                f"errata eval plants errors where each item has one label; here labels are {self._run.task.name}: "
                f"{self._run.task.adds}. A judge measures itself on trusted ones in a run."
            )
        self._view, self._scan = self._snapshot.view, planted_scan(self._snapshot)
        self._labeled = np.flatnonzero(self._snapshot.given_N >= 0)
        holds_n = self._view.scan_posterior.given_holds_N[self._labeled]
        self._count, self._rounds = count, planted_rounds(self._scan, holds_n, count)
        if not self._rounds:
            raise DataError(
                "No class has room for planted errors: at most 3% of a class are planted at a time, so one needs 34 "
                "items."
            )

    def scanned(self) -> Evaluation:
        """What the scan makes of them, and what asking the judges would take."""
        settings, view = self._run.settings, self._view
        scans = self._scans if settings.judge else self._scanned_again(self._scan.witnesses)
        found = planted_recall(
            self._scan.given.labels_N,
            self._rounds,
            scans,
            view.space,
            view.calibration,
            settings.clear_ratio,
            settings.costs,
        )
        price = price_of(self._run, self._views) if settings.judge else None
        return Evaluation(len(self._labeled), self._count, found, _people(view), price)

    def judged(self) -> Evaluation:
        """What the judges make of them."""
        found = self.scanned()
        if found.price is not None and needs_word(found.price) and not self._run.settings.budget:
            self._session.go_ahead(found.price)
        views, judges = judged(self._run, self._views, self._session.progress), self._run.panel.judges
        each = {judge: self._recall(views, judge) for judge in judges}
        return replace(found, judges=each, panel=self._recall(views) if len(judges) > 1 else None)

    @cached_property
    def _views(self) -> list[View]:
        each = zip(self._rounds, self._scans, strict=True)
        return [planted_view(self._snapshot, planted.errors, scan) for planted, scan in each]

    @cached_property
    def _scans(self) -> list[Scan]:
        """Of all detectors: judges are asked about what any of them flags."""
        return list(self._scanned_again(self._snapshot.detectors))

    def _scanned_again(self, detectors: Sequence[str]) -> Iterator[Scan]:
        """Each round, as it is needed."""
        for done, planted in enumerate(self._rounds):
            self._session.progress("plant", done, len(self._rounds))
            yield self._scan.repeated(planted.errors.into(self._scan.given.labels_N), detectors)

    def _recall(self, views: Sequence[View], judge: str | None = None) -> PlantedRecall:
        tally = Tally(self._scan.given.labels_N, self._view.space.names)
        for planted, view in zip(self._rounds, views, strict=True):
            proposals = proposals_by(self._run, view, judge)
            own = [proposals[idx] for idx in self._labeled[planted.errors.items_P].tolist()]
            tally.add(planted, [one.outcome for one in own], [one.proposed_label for one in own])
        return tally.recall()


def _evaluate(session: Session, given: EvaluateInputs) -> Evaluation:
    return _Planting(session, given.plant).scanned()


def _evaluate_judges(session: Session, given: JudgedInputs) -> Evaluation:
    if not session.run.settings.judge:
        raise SetupError("This run has no judge: errata run DATA --judge MODEL@URL, then errata eval DATA.")
    if given.yes:
        session.go_ahead = lambda job: None
    return _Planting(session, given.plant).judged()


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
    """For a terminal. Of the classes, only what the last of scan, judges and panel made of them."""
    total, rounds = found.scan.total, _rounds(found.scan.rounds)
    lines = [("planted", f"{total.planted} errors among {found.labels:,} labels, in memory only, in {rounds}")]
    if total.planted < found.asked:
        lines.append(("", f"the data has room for {total.planted} errors of the {found.asked} asked for"))
    parts = {"scan": found.scan, **found.judges} | ({"panel": found.panel} if found.panel is not None else {})
    for name, part in parts.items():
        lines.append((one_line(name, 40), _line(part.total)))
        lines += [(f"  {kind}", _line(one)) for kind, one in part.kinds.items() if one.planted]
    lines += [(f"  {one_line(label, 40)}", _line(one)) for label, one in list(parts.values())[-1].classes.items()]
    people = words.HARDER if found.people is None else f"of what they found wrong: {_line(found.people)}"
    lines.append(("people", people))
    if found.price is not None and not found.judges:
        lines.append(("judges", f"were not asked; asking them takes at most {found.price.costs()}"))
    wide = max(len(name) for name, _ in lines)
    return "\n".join(f"{name:<{wide}}  {said}" for name, said in lines)


def _rounds(count: int) -> str:
    return f"{count} rounds" if count > 1 else "one round"


def _line(one: Recall) -> str:
    (low, high), (least, most) = one.found_between, one.right_between
    said = f"{one.found} of {one.planted} found ({low:.0%} to {high:.0%})"
    return said + f"; {one.right} of {one.fixes} fixes right ({least:.0%} to {most:.0%})" * bool(one.fixes)


EVALUATE = Action(
    "evaluate",
    "Plant errors of four kinds in the labels of a scanned dataset, in memory only, scan them again, and return how "
    "many are found and how many of the proposed fixes are right, by kind and by class; and what it would take at most "
    "to ask the run's judges about them. No model is asked.",
    "read",
    EvaluateInputs,
    Evaluation,
    (SetupError, DataError, StoreError),
    _evaluate,
)
EVALUATE_JUDGES = Action(
    "evaluate_judges",
    "The same for the judges of the run as well, each alone and all together: they are asked about the planted errors "
    "that the scan suspects, as in a run, within its budget. No finished call is paid for again.",
    "spend",
    JudgedInputs,
    Evaluation,
    (SetupError, DataError, StoreError, ModelError, Stopped),
    _evaluate_judges,
)
