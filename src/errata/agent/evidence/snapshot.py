"""A run's current state, read from its store and arrays: each part is read or computed on first use, and cached until
its inputs change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from errata.agent.contributions import Annotators, Contributions, Plan, Queue
from errata.agent.evidence.prob_arrays import load_kept
from errata.agent.evidence.source import Source
from errata.agent.evidence.verdict_log import VerdictLog
from errata.agent.evidence.view import View, given_columns, joint_of
from errata.agent.evidence.votes import kept_votes, people
from errata.agent.run.workspace import Workspace
from errata.tools.data.voted import Voted
from errata.tools.detectors import detector_named
from errata.tools.detectors.neighbors.copies import shares
from errata.tools.inference.label_noise import LabelNoise, label_noise
from errata.tools.inference.posterior import posterior_of
from errata.tools.inference.scan import Scan
from errata.tools.inference.verdict_columns import VerdictColumns
from errata.tools.judging.images.images import with_sendable_image
from errata.tools.judging.registry import controls as of_controls
from errata.tools.store.checks import RandomCheck, checks_of
from errata.tools.store.proposal_table import ProposalColumns, ProposalTable
from errata.tools.store.revisions import Revisions
from errata.tools.store.store import ItemRow
from errata.types import Bool, Decision, Int, Item, LabelProbs, Posterior, Verdict

T = TypeVar("T")


POSTERIOR, POSTERIOR_OF, SEVERITY = "posterior", "posterior_of", "severity"
"""Names of arrays: each item's candidates and probabilities; the revisions they were computed from; how far the true
label is from the given one, if labels have distances."""


class Part(Generic[T]):
    """A property of a Snapshot, recomputed only after a part of the store that it depends on has changed."""

    def __init__(self, make: Callable[[Any], T], needs: Sequence[str]) -> None:
        self._make, self._needs, self.__doc__ = make, needs, make.__doc__

    def __get__(self, snapshot: Snapshot, _: type | None = None) -> T:
        return snapshot.kept(self._make.__name__, [snapshot.revisions[need] for need in self._needs], self._make)


def made_from(*needs: str) -> Callable[[Callable[[Any], T]], Part[T]]:
    return lambda make: Part(make, needs)


class Snapshot:
    """The run at one moment; ``of`` reuses the parts of the last snapshot that have not changed."""

    def __init__(self, workspace: Workspace, revisions: Revisions, parts: dict[str, tuple[object, Any]]) -> None:
        self.workspace, self.revisions, self._parts = workspace, revisions, parts

    @classmethod
    def of(cls, workspace: Workspace) -> Snapshot:
        last = workspace.kept.get("snapshot")
        revisions = workspace.store.revisions(workspace.run.run_id)
        if not isinstance(last, Snapshot) or last.revisions != revisions:
            last = cls(workspace, revisions, last._parts if isinstance(last, Snapshot) else {})
            workspace.kept["snapshot"] = last
        return last

    def kept(self, name: str, version: object, make: Callable[[Any], T]) -> T:
        """The value that ``make`` returned for this version, from the cache if it is there."""
        known = self._parts.get(name)
        if known is None or known[0] != version:
            known = self._parts[name] = (version, make(self))
        value: T = known[1]
        return value

    @made_from("items")
    def rows(self) -> list[ItemRow]:
        return self.workspace.store.items(self._run_id)

    @made_from("items")
    def given_N(self) -> Int:
        """The column of the given label, -1 where an item has none or its content cannot be read."""
        return given_columns(self.rows, self.workspace.run.label_space)

    @made_from("items")
    def usable_N(self) -> Bool:
        """Whether each item has a given label and content that can be read."""
        return np.array(self.workspace.store.usable_items(self._run_id), np.bool_)

    @made_from("items")
    def unreadable(self) -> list[str]:
        """The ids of items whose content cannot be read."""
        return self.workspace.store.unreadable_items(self._run_id)

    @made_from("contributions")
    def contributions(self) -> Contributions:
        """The contributions of roles and steps."""
        return Contributions.of_run(self.workspace.store, self._run_id)

    @made_from("verdicts")
    def verdicts(self) -> Sequence[Verdict]:
        """The judges' verdicts on items, without the controls, which tell about the judges."""
        return self._log.of_items

    @made_from("verdicts")
    def control_verdicts(self) -> Sequence[Verdict]:
        """Steering controls: whether an item moved a judge's answers about others."""
        return self._log.control_verdicts

    @made_from("verdicts")
    def columns(self) -> VerdictColumns:
        return self._log.columns

    @made_from("items", "events")
    def decisions(self) -> dict[int, Decision]:
        """People's current decisions, by item."""
        return self.workspace.decisions(lambda: self.rows)

    @made_from("events")
    def checks(self) -> list[RandomCheck]:
        """The random checks of this run, oldest first."""
        return checks_of(self.workspace.store, self._run_id)

    @made_from("proposals")
    def proposals(self) -> ProposalTable:
        return self.workspace.store.proposals(self._run_id)

    @made_from("proposals")
    def proposed(self) -> ProposalColumns:
        """The columns of ``proposals`` that can be counted."""
        return self.workspace.store.proposal_columns(self._run_id)

    @made_from("items", "contributions")
    def control_items(self) -> Sequence[Item]:
        """Items whose label is almost certainly right; their content is read and prepared for sending only once."""
        queue = self.contributions.find(Queue)
        drawn = () if queue is None else queue.control_items
        return self.kept("control items read", drawn, lambda _: self._read(drawn))

    def _read(self, rows: Sequence[int]) -> list[Item]:
        return [with_sendable_image(item) for item in self.workspace.each(rows)]

    @property
    def view(self) -> View:
        """The run as roles see it. ``judges`` is empty until the panel is open."""
        panel = self.workspace.open_panel
        judges = () if panel is None else panel.judges
        parts = ("items", "verdicts", "events", "contributions")
        version = (judges, self.scan is not None, [self.revisions[part] for part in parts])
        return self.kept("view", version, lambda _: self._view(judges))

    def keep_posterior(self) -> None:
        """Save the posterior for ``posterior_of``."""
        table, arrays = self.view.posterior, self.workspace.arrays
        arrays.save(POSTERIOR, np.concatenate([table.cand_NC.astype(np.float64), table.probs_NS], axis=1))
        arrays.save(POSTERIOR_OF, np.array(self._weighed))
        if self.view.severity_N is not None:
            arrays.save(SEVERITY, self.view.severity_N)

    def posterior_of(self, row: ItemRow) -> Posterior:
        """The posterior of one item, the same as in ``view.posterior``, but read from the saved one if there is no
        newer evidence on any item."""
        arrays, space = self.workspace.arrays, self.workspace.run.label_space
        if not arrays.has(POSTERIOR_OF) or arrays.load(POSTERIOR_OF).tolist() != self._weighed:
            return self.view.posterior.item(row.idx)
        values_1V = np.asarray(arrays.load(POSTERIOR)[row.idx : row.idx + 1])
        width = (values_1V.shape[1] - 2) // 2
        cand_1C = values_1V[:, :width].astype(np.int64)
        return posterior_of(cand_1C[0], values_1V[0, width:], space)

    @property
    def _weighed(self) -> list[int]:
        """The revisions of everything that the posterior depends on."""
        return [self.revisions[part] for part in ("items", "verdicts", "events")]

    def verdicts_of(self, idx: int, *, controls: bool = False) -> list[Verdict]:
        """The verdicts on one item, or its ``controls``."""
        found = self.workspace.store.verdicts_of(self._run_id, idx)
        of_judges = of_controls(verdict.protocol for verdict in found)
        return [verdict for verdict in found if (verdict.protocol in of_judges) == controls]

    def _view(self, judges: tuple[str, ...]) -> View:
        workspace = self.workspace
        return View(
            settings=workspace.settings,
            space=workspace.run.label_space,
            rows=self.rows,
            content=Source(workspace),
            guideline=workspace.run.guideline,
            judges=judges,
            scan=self.scan,
            verdicts=self.verdicts,
            control_verdicts=self.control_verdicts,
            decisions=self.decisions,
            control_items=self.control_items,
            contributions=self.contributions,
            columns=self.columns,
        )

    @made_from("items", "contributions")
    def suspects(self) -> list[int]:
        """The indices of the suspects, the most suspicious first, without the items drawn at random in addition."""
        queue, ranked = self.contributions.find(Queue), self.workspace.store.suspect_items(self._run_id)
        return [idx for idx, rank in ranked if queue is None or rank < queue.suspects]

    @property
    def detectors(self) -> tuple[str, ...]:
        """The detectors in the plan."""
        plan = self.contributions.find(Plan)
        return () if plan is None else plan.detectors

    @property
    def scan(self) -> Scan | None:
        """What the scan found; None until it is complete."""
        arrays, names = self.workspace.arrays, self.detectors
        if not names or not arrays.has("probs") or not all(arrays.has(f"{name}.quality") for name in names):
            return None
        version = (names, self.revisions["items"], self.voted is not None)
        return self.kept("scan", version, Snapshot._scan)

    @made_from("contributions")
    def voted(self) -> Voted | None:
        """The votes on the items; None if there are none."""
        return kept_votes(self.workspace.arrays, self.contributions.find(Annotators))

    def _scan(self) -> Scan:
        arrays, names, label_probs = self.workspace.arrays, self.detectors, self._label_probs()
        witnesses = self.witnesses or names
        quality_N = np.mean([arrays.load(f"{name}.quality") for name in witnesses], axis=0)
        by_people = people(arrays, self.voted)
        if by_people is not None:
            quality_N = np.where(by_people.voted_N, by_people.quality(self.given_N), quality_N)
        return Scan(
            probs_NK=self._probs("probs"),
            label_probs=label_probs,
            flags={name: np.asarray(arrays.load(f"{name}.flag")) for name in names},
            quality_N=np.asarray(quality_N, np.float32),
            noise=self._noise(label_probs),
            neighbors_Nk=arrays.load("neighbors") if arrays.has("neighbors") else None,
            copies_N=arrays.load("copies") if arrays.has("copies") else None,
            people=by_people,
        )

    @property
    def witnesses(self) -> list[str]:
        """The detectors that give label probabilities, without those already in the ensemble, which would count
        twice."""
        arrays, settings = self.workspace.arrays, self.workspace.settings
        names = [name for name in self.detectors if arrays.has(f"{name}.label_probs")]
        if settings.probs or settings.probe != "ensemble":
            return names
        return [name for name in names if not detector_named(name).in_ensemble] or names

    def _label_probs(self) -> list[LabelProbs]:
        """The label probabilities of each witness; if there is none, the out-of-sample probabilities."""
        return [self._probs(f"{name}.label_probs") for name in self.witnesses] or [self._probs("probs")]

    def _probs(self, name: str) -> LabelProbs:
        return load_kept(self.workspace.arrays, name, len(self.workspace.run.label_space.names))

    def _noise(self, label_probs: Sequence[LabelProbs]) -> LabelNoise:
        """The label noise of this dataset, estimated once from the labels and the detectors; none if the task's own
        scan has accounted for it."""
        arrays, task = self.workspace.arrays, self.workspace.task
        if task.own_scan:
            return LabelNoise.accounted_for(len(self.workspace.run.label_space.names))
        if not arrays.has("power"):
            weights_N = shares(np.asarray(arrays.load("copies"))) if arrays.has("copies") else None
            joint_KK = joint_of(self.given_N, self._probs("probs"), weights_N)
            found = label_noise(self.given_N, label_probs, joint_KK, weights_N)
            arrays.save("transition", found.transition_KK)
            arrays.save("power", np.array(found.power))
        return LabelNoise(np.asarray(arrays.load("transition")), float(arrays.load("power")))

    @property
    def _log(self) -> VerdictLog:
        log = self.kept("verdict log", self._run_id, lambda _: VerdictLog(self.workspace))
        return self.kept("verdicts read", self.revisions["verdicts"], lambda _: log.read())

    @property
    def _run_id(self) -> int:
        return self.workspace.run.run_id
