"""What a role sees of a run: frozen, so that it can be made by hand; what follows from it is worked out once."""

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
from errata.tools.detectors.confident.confident_joint import confident_joint
from errata.tools.inference.calibration import Calibration
from errata.tools.inference.outcome import cheapest, proposed_outcomes
from errata.tools.inference.posterior import Posteriors, weigh
from errata.tools.inference.scan import Scan
from errata.tools.inference.verdict_columns import Source, VerdictColumns
from errata.tools.store.decisions import settled
from errata.tools.store.store import ItemRow
from errata.types import Decision, Int, Item, LabelSpace, Outcome, Proposal, Verdict

if TYPE_CHECKING:
    from errata.tools.judging.bank.bank import Bank
    from errata.tools.judging.calibration.track_record import TrackRecord
    from errata.tools.judging.task import JudgeSetup


class Content(Protocol):
    """The user's data, as far as a role may read it."""

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
    """Rows, labels and content of N items; what the scan found (None before it has); what judges said
    (``control_verdicts`` tell about the judges, not the items); what people decided; what other roles contributed, and
    what those before it in its phase propose, one for each annotation.

    ``judges``: the panel, in the order in which they are asked; ``judge``: the one that is about to be.
    ``control_items``: items whose label is not in doubt, with their content.
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
    """``verdicts`` as columns, if at hand. They are made again where their number is another, so that a copy of
    the view with more verdicts does not keep the columns of the old ones."""

    @cached_property
    def given_N(self) -> Int:
        """The column of the given label, -1 where an item has none or its content cannot be read."""
        return given_columns(self.rows, self.space)

    @property
    def found(self) -> Scan:
        """What the scan found. SetupError where there was no scan yet: a role of an early phase needs none."""
        if self.scan is None:
            raise SetupError("A role asked for what the scan found, before there was a scan. Give it a later phase.")
        return self.scan

    @property
    def bank(self) -> Bank:
        """The question bank; empty before one was prepared."""
        prepared = self.contributions.find(QuestionBank)
        return () if prepared is None else prepared.bank

    @property
    def setup(self) -> JudgeSetup:
        """How judges are asked in this run."""
        from errata.tools.judging.task import JudgeSetup  # whoever only looks at a run asks none

        settings = self.settings
        return JudgeSetup(self.space, self.guideline, settings.style, settings.permutations, self.bank)

    @property
    def profiles(self) -> JudgeProfiles:
        return self.contributions.find(JudgeProfiles) or JudgeProfiles()

    @cached_property
    def asked(self) -> frozenset[tuple[str, str, int]]:
        """Judge, protocol and item of each question that has its verdict. A second verdict of the same is not kept."""
        return frozenset((v.judge, v.protocol, v.idx) for v in (*self.verdicts, *self.control_verdicts))

    @cached_property
    def suspects(self) -> list[ItemRow]:
        """The queue, the most suspicious first."""
        return sorted((row for row in self.rows if row.suspicion is not None), key=lambda row: row.suspicion or 0)

    @cached_property
    def posterior(self) -> Posteriors:
        """All evidence on each item in one distribution."""
        scan = self.found
        return weigh(self.given_N, scan.label_probs, scan.noise, self.believed, self.settings.pool, self.calibration)

    @cached_property
    def scan_posterior(self) -> Posteriors:
        """The same before any judge was asked."""
        scan = self.found
        no_verdicts = VerdictColumns.of((), self.space)
        return weigh(self.given_N, scan.label_probs, scan.noise, no_verdicts, self.settings.pool, self.calibration)

    @cached_property
    def calibration(self) -> Calibration:
        return calibration(self.contributions.find(ScanCalibration), self.found, self.given_N, settled(self.decisions))

    @cached_property
    def outcomes(self) -> list[Outcome | None]:
        """What each item's posterior proposes; None where it proposes nothing."""
        return proposed_outcomes(self.posterior, self.settings.clear_ratio, self.settings.costs)

    @cached_property
    def scan_outcomes(self) -> list[Outcome | None]:
        """The same before any judge was asked."""
        return proposed_outcomes(self.scan_posterior, self.settings.clear_ratio, self.settings.costs)

    @cached_property
    def cheapest(self) -> list[Outcome]:
        """The outcome of each item that costs least if nobody looks."""
        return cheapest(self.posterior, self.settings.costs)

    @cached_property
    def joint_KK(self) -> Int:
        """The calibrated confident joint, i64[K, K]: given label, then likely true one."""
        return joint_of(self.given_N, self.found.probs_NK)

    @cached_property
    def track_records(self) -> Mapping[Source, TrackRecord]:
        """What the verdicts of each judge are worth under each protocol; empty where none was measured."""
        profiles = {judge: known for judge, known in self.profiles.judges.items() if known.trusted}
        if not profiles:
            return {}
        from errata.agent.evidence.adjusted_verdicts import taught

        decisions = taught(settled(self.decisions), self.space)
        return track_records(profiles, self._adjusted, self.scan_posterior, decisions)

    def trusts(self, judge: str, protocol: str) -> bool:
        """Whether it is worth asking: a judge is not that proved no better than chance, under this protocol or, where
        it was not measured under it, under any."""
        return is_used(self.track_records, (judge, protocol))

    @cached_property
    def believed(self) -> VerdictColumns:
        """The verdicts that count, with what each may say at most."""
        return believed(self._adjusted, self.track_records)

    @cached_property
    def _adjusted(self) -> VerdictColumns:
        from errata.agent.evidence.adjusted_verdicts import (
            adjusted_columns,  # with the protocols; not every view weighs
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


def joint_of(given_N: Int, probs_NK: np.ndarray) -> Int:
    labeled = np.flatnonzero(given_N >= 0)
    return confident_joint(given_N[labeled], np.asarray(probs_NK[labeled])).calibrated(given_N[labeled])
