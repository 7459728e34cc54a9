"""What a run found, gathered from its store: the content of the report page and its JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

from errata import words
from errata.agent.contributions import Copies, Geometry, JudgeCards, Leaks, Plan
from errata.agent.contributions import Features as FeaturesLeft
from errata.agent.contributions import Judging as JudgingLeft
from errata.agent.contributions import Profile as ProfileLeft
from errata.agent.decisions.approval import OPEN_OUTCOMES
from errata.agent.evidence.checked import all_in_words as checks_in_words
from errata.agent.evidence.checked import noun
from errata.agent.evidence.error_count import given_holds, wrong_labels
from errata.agent.evidence.ruled import ruled
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.workspace import Workspace
from errata.agent.views.agreement import agreement_of
from errata.agent.views.report_items import worst_items
from errata.agent.views.results import item_statuses
from errata.errors import SetupError
from errata.tools.detectors.neighbors.copies import labels_by_group
from errata.tools.detectors.tasks.hierarchy import severe, tree
from errata.tools.report.count import WrongCount, count_wrong
from errata.tools.report.data import (
    Asked,
    ClassNoise,
    Decided,
    Features,
    Flow,
    Judging,
    Profile,
    ReportData,
    Source,
    Unreadable,
)
from errata.tools.report.html import render, write_report
from errata.tools.report.kinds import Finding, error_kinds
from errata.tools.store.events import now
from errata.tools.store.own_files import writing_own
from errata.tools.store.store import ItemRow
from errata.types import F64, Decision, LabelSpace, Outcome, Proposal, Status, Verdict

WORST, WORST_IN_SHORT, UNREADABLE = 24, 6, 20


def write_run_report(workspace: Workspace) -> None:
    """Write report.html and report.json in the run folder, each atomically."""
    workspace.store.refuse_read_only()
    page = workspace.folder.report
    found = page.with_suffix(".json")
    with writing_own(workspace.store, page, found):
        write_report(summarize(workspace), page, found)


def short_page(workspace: Workspace) -> str:
    """What a notebook shows of the run. SetupError if it has no proposals yet."""
    return render(summarize(workspace, WORST_IN_SHORT), short=True)


def summarize(workspace: Workspace, worst: int = WORST) -> ReportData:
    """Everything in the report, for the run as it stands, with content of the ``worst`` items. SetupError if the run
    has no proposals yet."""
    run, found = workspace.run, Found.of(workspace)
    snapshot = Snapshot.of(workspace)
    wrong = wrong_labels(snapshot)
    return ReportData(
        first_line=wrong.sentence,
        wrong=wrong,
        source=Source(
            str(workspace.data_path), run.data_sha256, run.run_id, run.started_at, now(), version("errata-labels")
        ),
        profile=_profile(workspace, found),
        features=_features(workspace),
        classes=_classes(found, run.label_space),
        flows=_flows(found, run.label_space),
        kinds=error_kinds(_findings(workspace, found)),
        worst=worst_items(workspace, found.suspected[:worst], found.decisions, found.statuses),
        judging=_judging(workspace, found),
        open=_open(found),
        decided=_decided(found.decisions.values()),
        statuses=dict(Counter(found.statuses)),
        agreement=agreement_of(snapshot),
        checks=tuple(checks_in_words(snapshot, wrong)),
        ruled=tuple(one.sentence for one in ruled(snapshot)),
    )


def class_noise(workspace: Workspace) -> tuple[ClassNoise, ...]:
    """How noisy each class is, the most surely noisy first."""
    return _classes(Found.of(workspace), workspace.run.label_space)


@dataclass(frozen=True)
class Found:
    """What the store has about a run, read once."""

    rows: Sequence[ItemRow]
    proposals: Mapping[int, Proposal]
    verdicts: Sequence[Verdict]
    decisions: Mapping[int, Decision]
    statuses: Sequence[Status]
    holds_MN: F64
    noun: str

    @classmethod
    def of(cls, workspace: Workspace) -> Found:
        snapshot = Snapshot.of(workspace)
        rows, proposals = snapshot.rows, snapshot.proposals
        if len(proposals) < len(rows):
            raise SetupError(
                f"{workspace.folder.path} has no proposals yet, so there is nothing to report. Go on: errata run"
            )
        statuses, holds_MN = item_statuses(snapshot), given_holds(snapshot)
        verdicts, decisions = snapshot.verdicts, snapshot.decisions
        return cls(rows, proposals, verdicts, decisions, statuses, holds_MN, noun(snapshot))

    def wrong(self, rows: Sequence[ItemRow]) -> WrongCount:
        """The honest error count over these items."""
        return count_wrong(*self.holds_MN[:, [row.idx for row in rows]], noun=self.noun)

    @cached_property
    def labeled(self) -> list[ItemRow]:
        """Items that have a given label and can be read."""
        return [row for row in self.rows if row.problem is None and row.given_label is not None]

    @cached_property
    def suspected(self) -> list[tuple[ItemRow, Proposal]]:
        """Labeled items with an outcome other than keep, the least likely label first."""
        pairs = [(row, self.proposals[row.idx]) for row in self.labeled]
        return sorted((p for p in pairs if p[1].outcome in OPEN_OUTCOMES), key=lambda pair: pair[1].quality)


def _profile(workspace: Workspace, found: Found) -> Profile:
    left = Snapshot.of(workspace).contributions
    known, copies = left.find(ProfileLeft) or ProfileLeft(), left.find(Copies) or Copies()
    features = left.find(FeaturesLeft)
    unreadable = [Unreadable(row.item_id, row.problem) for row in found.rows if row.problem is not None]
    return Profile(
        modality="image" if _of_images(workspace) else "text",
        items=len(found.rows),
        labels=len(workspace.run.label_space.names),
        without_label=known.without_label,
        protected=known.protected,
        duplicates=known.duplicates,
        conflicting_duplicates=known.conflicting_duplicates,
        copies=words.copies(**copies.model_dump()) if copies.items else "",
        geometry=words.geometry(**(left.find(Geometry) or Geometry()).model_dump()),
        leaks=tuple(words.leak(*leak) for leak in (left.find(Leaks) or Leaks()).found),
        unreadable_items=len(unreadable),
        unreadable=tuple(unreadable[:UNREADABLE]),
        left_out=known.left_out.get("sentence", ""),
        remarks=(*known.remarks, *(features.remarks if features else ())),
    )


def _features(workspace: Workspace) -> Features:
    left = Snapshot.of(workspace).contributions
    plan, known = left.find(Plan) or Plan(), left.find(FeaturesLeft)
    if known is None:  # with the user's own probabilities and no neighbors, nothing was embedded
        known = FeaturesLeft(name=f"none; your own probabilities ({workspace.settings.probs})", strength="own")
    only_looks = known.strength == "plain" and _of_images(workspace)
    return Features(known.name, only_looks, plan.detectors, plan.reasons)


def _of_images(workspace: Workspace) -> bool:
    """Decided from the settings, since the data may have moved; only an image folder has no named columns."""
    return bool(workspace.settings.image) or not workspace.settings.text


def _classes(found: Found, space: LabelSpace) -> tuple[ClassNoise, ...]:
    """The most surely noisy class first, by the lower bound of its error rate."""
    rows: dict[str, list[ItemRow]] = {}
    for row in found.labeled:
        rows.setdefault(_class_of(row, space), []).append(row)
    rivals: dict[str, Counter[str | None]] = {label: Counter() for label in rows}
    for row, proposal in found.suspected:
        rivals[_class_of(row, space)][_rival(proposal)] += 1
    classes = []
    for label, members in rows.items():
        proposals = rivals[label].total()
        del rivals[label][None]
        rival, items = next(iter(rivals[label].most_common(1)), (None, 0))
        classes.append(ClassNoise(label, found.wrong(members), proposals, rival, items, bool(members[0].place)))
    return tuple(sorted(classes, key=lambda noise: (-noise.wrong.low_share, -noise.wrong.share, noise.label)))


def _class_of(row: ItemRow, space: LabelSpace) -> str:
    return row.place or str(space.canonical(row.given_label))


def _flows(found: Found, space: LabelSpace) -> tuple[Flow, ...]:
    """Sorted, largest first."""
    counts = Counter(
        (
            str(words.mark(row.place, space.canonical(row.given_label))),
            proposal.outcome,
            words.mark(row.place, _rival(proposal)),
        )
        for row, proposal in found.suspected
    )
    return tuple(
        Flow(given, outcome, proposed, items)
        for (given, outcome, proposed), items in sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
        if outcome is not None
    )


def _findings(workspace: Workspace, found: Found) -> list[Finding]:
    space, scan, given_N = workspace.run.label_space, Snapshot.of(workspace).scan, Snapshot.of(workspace).given_N
    labels = labels_by_group(None if scan is None else scan.copies_N, given_N)
    of, index = tree(space) if space.parents else None, space.index()
    findings = []
    for row, proposal in found.suspected:
        given, proposed = str(space.canonical(row.given_label)), proposal.proposed_label
        changes = proposal.outcome == "relabel" and of is not None and proposed in index
        far = bool(severe([index[given]], [index[str(proposed)]], of)[0]) if changes and of is not None else None
        disagrees = len(labels.get(row.idx, ())) > 1
        findings.append(Finding(row.place + given, proposal.outcome or "keep", proposed, disagrees, far))
    return findings


def _rival(proposal: Proposal) -> str | None:
    """The label that competes with the given one; None if several labels hold, or none."""
    return proposal.proposed_label if proposal.outcome in ("relabel", "ambiguous") else None


def _judging(workspace: Workspace, found: Found) -> Judging:
    left = Snapshot.of(workspace).contributions.find(JudgingLeft) or JudgingLeft()
    judged = {verdict.idx for verdict in found.verdicts}
    cards = (Snapshot.of(workspace).contributions.find(JudgeCards) or JudgeCards()).judges
    suspects = Snapshot.of(workspace).suspects
    return Judging(
        asked=_asked(found.verdicts),
        calls=left.calls,
        tokens=left.tokens,
        cost_usd=left.usd,
        suspects=len(suspects),
        waiting=sum(idx not in judged for idx in suspects),
        stopped=left.stopped,
        cards=tuple(f"{judge}: {line}" for judge, card in cards.items() for line in card.lines),
    )


def _asked(verdicts: Sequence[Verdict]) -> tuple[Asked, ...]:
    groups: dict[tuple[str, str, str, str, str], list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault((verdict.judge, verdict.protocol, *verdict.prompt), []).append(verdict)
    return tuple(
        Asked(
            *key,
            items=len(group),
            unreadable=sum(not verdict.readable for verdict in group),
            calls=sum(len(verdict.call_keys) for verdict in group),
            reused=sum(verdict.cached for verdict in group),
            tokens=sum(verdict.tokens for verdict in group),
        )
        for key, group in sorted(groups.items())
    )


def _open(found: Found) -> dict[Outcome, int]:
    undecided = [p.outcome for row, p in found.suspected if row.idx not in found.decisions]
    return dict(Counter(outcome for outcome in undecided if outcome is not None))


def _decided(decisions: Iterable[Decision]) -> tuple[Decided, ...]:
    """What people said, in words, the most frequent first."""
    counts = Counter((words.against_proposal(decision), decision.looked) for decision in decisions)
    return tuple(Decided(answer, looked, items) for (answer, looked), items in counts.most_common())
