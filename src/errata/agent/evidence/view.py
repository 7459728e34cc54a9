"""What a role sees of a run: frozen, and simple to build by hand in a test; derived values are computed once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from errata.agent.contributions import Contributions, JudgeProfiles, QuestionBank, ScanCalibration
from errata.agent.evidence.calibrated import calibration
from errata.agent.evidence.track_records import believed, is_used, track_records
from errata.errors import SetupError
from errata.settings import Settings
from errata.tools.data.left_out import LeftOut
from errata.tools.detectors.arrays.top_probs import only
from errata.tools.detectors.confident.confident_joint import confident_joint
from errata.tools.detectors.neighbors.copies import shares
from errata.tools.inference.calibration import Calibration
from errata.tools.inference.outcome import cheapest, proposed_outcomes
from errata.tools.inference.posterior import Posteriors, weigh
from errata.tools.inference.scan import Scan
from errata.tools.inference.severity import expected_distances
from errata.tools.inference.verdict_columns import Source, VerdictColumns
from errata.tools.store.decisions import settled
from errata.tools.store.store import ItemRow
from errata.tools.tasks.registry import task_named
from errata.types import F32, F64, Decision, Int, Item, LabelProbs, LabelSpace, Outcome, Proposal, Verdict

if TYPE_CHECKING:
    from errata.tools.judging.bank.bank import Bank
    from errata.tools.judging.calibration.track_record import TrackRecord
    from errata.tools.judging.task import JudgeSetup


class Content(Protocol):
    """The part of the user's data that a role may read."""

    @property
    def modality(self) -> Literal["text", "image"]: ...
    @property
    def left_out(self) -> LeftOut: ...
    @property
    def remarks(self) -> tuple[str, ...]: ...
    def each(self, rows: Sequence[int]) -> Iterator[Item]: ...
    def texts(self, rows: Sequence[int]) -> list[str | None]: ...


@dataclass(frozen=True)
class View:
    """Rows, labels and content of N items; what the scan found (None before its end); what judges said
    (``control_verdicts`` tell about the judges, not the items); what people decided; what other roles contributed; and
    ``proposed``, what earlier roles of the same phase propose, one for each annotation.

    ``judges``: the panel, in the order in which they are asked; ``judge``: the one to be asked next. ``control_items``:
    items whose label is almost certainly right, with their content.
    """

    settings: Settings
    space: LabelSpace
    rows: Sequence[ItemRow]
    content: Content
    guideline: str = ""
    judges: tuple[str, ...] = ()
    judge: str = ""
    scan: Scan | None = None
    verdicts: Sequence[Verdict] = ()
    control_verdicts: Sequence[Verdict] = ()
    decisions: Mapping[int, Decision] = field(default_factory=dict)
    control_items: Sequence[Item] = ()
    contributions: Contributions = field(default_factory=Contributions.made)
    proposed: Sequence[Proposal] = ()
    columns: VerdictColumns | None = None
    """``verdicts`` as columns, if available. Rebuilt if the number of verdicts differs, so that a copy of the view with
    more verdicts does not use old columns."""

    @cached_property
    def given_N(self) -> Int:
        """The column of the given label, -1 where an item has none or its content cannot be read."""
        return given_columns(self.rows, self.space)

    @property
    def found(self) -> Scan:
        """What the scan found. SetupError if there was no scan yet, as in a role of an early phase."""
        if self.scan is None:
            raise SetupError("A role asked for what the scan found, before there was a scan. Give it a later phase.")
        return self.scan

    @property
    def bank(self) -> Bank:
        """The question bank; empty until one is prepared."""
        prepared = self.contributions.find(QuestionBank)
        return () if prepared is None else prepared.bank

    @property
    def setup(self) -> JudgeSetup:
        """How judges are asked in this run."""
        from errata.tools.judging.task import JudgeSetup  # not needed just to look at a run

        settings = self.settings
        return JudgeSetup(self.space, self.guideline, settings.style, settings.permutations, self.bank)

    @property
    def profiles(self) -> JudgeProfiles:
        return self.contributions.find(JudgeProfiles) or JudgeProfiles()

    @cached_property
    def asked(self) -> frozenset[tuple[str, str, int]]:
        """Judge, protocol and item of each question that has a verdict. A second verdict on the same question is not
        kept."""
        return frozenset((v.judge, v.protocol, v.idx) for v in (*self.verdicts, *self.control_verdicts))

    @cached_property
    def suspects(self) -> list[ItemRow]:
        """The items in the queue, the most suspicious first."""
        return sorted((row for row in self.rows if row.suspicion is not None), key=lambda row: row.suspicion or 0)

    @cached_property
    def posterior(self) -> Posteriors:
        """The posterior of each item, from all evidence."""
        return self._weighed(self.believed)

    @cached_property
    def scan_posterior(self) -> Posteriors:
        """The posterior of each item from the scan alone, without any verdict."""
        return self._weighed(VerdictColumns.of((), self.space))

    def _weighed(self, verdicts: VerdictColumns) -> Posteriors:
        scan = self.found
        return weigh(
            self.given_N,
            scan.label_probs,
            scan.noise,
            verdicts,
            self.settings.pool,
            self.calibration,
            scan.people,
        )

    @cached_property
    def calibration(self) -> Calibration:
        return calibration(self.contributions.find(ScanCalibration), self.found, self.given_N, settled(self.decisions))

    @cached_property
    def outcomes(self) -> list[Outcome | None]:
        """The outcome that each item's posterior proposes; None if it proposes nothing."""
        return proposed_outcomes(self.posterior, self.settings.clear_ratio, self.settings.costs)

    @cached_property
    def scan_outcomes(self) -> list[Outcome | None]:
        """The same before any judge was asked."""
        return proposed_outcomes(self.scan_posterior, self.settings.clear_ratio, self.settings.costs)

    @cached_property
    def cheapest(self) -> list[Outcome]:
        """The least costly outcome of each item if no person looks at it."""
        return cheapest(self.posterior, self.settings.costs, self.distances_KK)

    @cached_property
    def distances_KK(self) -> F32 | None:
        """How far apart labels are; None if every mistake is as bad as another."""
        return task_named(self.space.task).distances(self.space)

    @cached_property
    def severity_N(self) -> F64 | None:
        """How far the true label is from the given one, f64[N]; None if every mistake is as bad as another."""
        return None if self.distances_KK is None else expected_distances(self.posterior, self.distances_KK)

    @cached_property
    def joint_KK(self) -> Int:
        """The calibrated confident joint, i64[K, K]: given label, then likely true one."""
        return joint_of(self.given_N, self.found.probs_NK, shares(self.found.copies_N))

    @cached_property
    def track_records(self) -> Mapping[Source, TrackRecord]:
        """The measured accuracy of each judge under each protocol; empty if no judge was measured."""
        profiles = {judge: known for judge, known in self.profiles.judges.items() if known.trusted}
        if not profiles:
            return {}
        from errata.agent.evidence.adjusted_verdicts import taught

        decisions = taught(settled(self.decisions), self.space)
        return track_records(profiles, self._adjusted, self.scan_posterior, decisions)

    def trusts(self, judge: str, protocol: str) -> bool:
        """Whether the judge is worth asking: not if it proved no better than chance, under this protocol or, if it was
        not measured under this one, under all others."""
        return is_used(self.track_records, (judge, protocol))

    @cached_property
    def believed(self) -> VerdictColumns:
        """The verdicts that count, with the most that each may contribute."""
        return believed(self._adjusted, self.track_records)

    @cached_property
    def _adjusted(self) -> VerdictColumns:
        from errata.agent.evidence.adjusted_verdicts import (
            adjusted_columns,  # loads the protocols; not every view needs the posterior
        )

        as_they_came = self.columns
        if as_they_came is None or len(as_they_came.items_M) != sum(verdict.readable for verdict in self.verdicts):
            as_they_came = VerdictColumns.of(self.verdicts, self.space)
        profiles, decisions = self.profiles.judges, settled(self.decisions)
        return adjusted_columns(self.verdicts, as_they_came, self.rows, profiles, self.bank, decisions)


def given_columns(rows: Sequence[ItemRow], space: LabelSpace) -> Int:
    """The column of each given label, int[N]; -1 where an item has none or its content cannot be read."""
    index = space.index()
    return np.array([-1 if r.given_label is None or r.problem else index[r.given_label] for r in rows], np.int64)


def joint_of(given_N: Int, probs_NK: LabelProbs, weights_N: F32 | None) -> Int:
    """The calibrated confident joint of the labeled items, i64[K, K], in which each counts as much as its weight."""
    labeled = np.flatnonzero(given_N >= 0)
    weights_n = None if weights_N is None else weights_N[labeled]
    joint = confident_joint(given_N[labeled], only(probs_NK, labeled), weights_N=weights_n)
    return joint.calibrated(given_N[labeled], weights_n)
