"""How far the people who voted agree with each other, and what to ask of whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from errata.agent.evidence.snapshot import Snapshot
from errata.agent.evidence.votes import by_votes
from errata.tools.data.voted import Voted
from errata.tools.detectors.annotators.alpha import Alpha, alpha, most_shared, of_annotators, of_label
from errata.tools.detectors.annotators.labeler_risk import labeler_risk
from errata.tools.detectors.annotators.report import AnnotatorReport, annotator_reports
from errata.tools.detectors.annotators.splits import Split, splits
from errata.tools.detectors.annotators.votes import Votes
from errata.tools.report.agreement import Agreed, Agreement, OfAnnotator, OfLabel, OfPair
from errata.types import F32, Decision

LABELS, PAIRS, FAULTS, CONTESTED = 40, 20, 10, 10
DRAWS = 200
"""Of the bootstrap of each label's and pair's alpha; the overall one has more."""
DOUBTED = 0.1
"""Labeler risk: only above it another vote may say something."""


def agreement_of(snapshot: Snapshot) -> Agreement | None:
    """None for a run without votes. Computed again only after a decision."""
    decided = tuple(sorted((idx, one.answer, one.label) for idx, one in snapshot.decisions.items()))
    return snapshot.kept("agreement", (snapshot.voted is not None, decided), _agreement)


def _agreement(snapshot: Snapshot) -> Agreement | None:
    voted = snapshot.voted
    if voted is None:
        return None
    space, ordered = snapshot.workspace.run.label_space, snapshot.workspace.task.ordered
    votes, names = voted.votes, space.names
    after = _as_decided(votes, snapshot.decisions, space.index())
    label_probs_NK = by_votes(snapshot.workspace.arrays).label_probs_NK
    used = np.bincount(votes.label_V, minlength=len(names)).argsort(kind="stable")[::-1][:LABELS].tolist()
    return Agreement(
        votes=len(votes.item_V),
        items=int((votes.per_item_N > 0).sum()),
        measure="ordinal" if ordered else "nominal",
        overall=_agreed(
            alpha(votes, ordered=ordered), None if after is None else alpha(after, ordered=ordered, draws=0)
        ),
        labels=tuple(OfLabel(names[k], _of_label(votes, after, k)) for k in used if len(names) > 2),
        pairs=tuple(
            OfPair(
                voted.annotators[a],
                voted.annotators[b],
                _agreed(of_annotators(votes, a, b, ordered=ordered, draws=DRAWS)),
            )
            for a, b, _ in most_shared(votes, PAIRS)
        ),
        annotators=_annotators(voted, label_probs_NK, names),
        contested=_contested(snapshot, votes, label_probs_NK),
        faults=tuple(_fault(split, names) for split in splits(votes, FAULTS)),
        remark="" if (votes.per_item_N > 1).any() else "No item has two votes: agreement cannot be measured.",
    )


def _as_decided(votes: Votes, decisions: Mapping[int, Decision], column: Mapping[str, int]) -> Votes | None:
    """The votes on decided items as the decision has them, without items that were decided to have no single label;
    None if nothing was decided of an item with votes."""
    label_N = np.full(votes.num_items, -1)
    gone_N = np.zeros(votes.num_items, np.bool_)
    for idx, one in decisions.items():
        label_N[idx] = column.get(one.label or "", -1)
        gone_N[idx] = label_N[idx] < 0
    decided_V = label_N[votes.item_V] >= 0
    if not (decided_V | gone_N[votes.item_V]).any():
        return None
    kept_V = ~gone_N[votes.item_V]
    label_V = np.where(decided_V, label_N[votes.item_V], votes.label_V)
    return replace(votes, item_V=votes.item_V[kept_V], annotator_V=votes.annotator_V[kept_V], label_V=label_V[kept_V])


def _of_label(votes: Votes, after: Votes | None, label: int) -> Agreed:
    changed = None if after is None else of_label(after, label, draws=0)
    return _agreed(of_label(votes, label, draws=DRAWS), changed)


def _agreed(before: Alpha, after: Alpha | None = None) -> Agreed:
    value, low, high = (_or_none(figure) for figure in (before.value, before.low, before.high))
    return Agreed(value, low, high, before.items, None if after is None else _or_none(after.value))


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _annotators(voted: Voted, label_probs_NK: F32, names: Sequence[str]) -> tuple[OfAnnotator, ...]:
    found = [
        _annotator(one, voted.annotators[one.annotator], names)
        for one in annotator_reports(voted.votes, label_probs_NK)
    ]
    return tuple(sorted(found, key=lambda one: (one.accuracy, one.name)))


def _annotator(found: AnnotatorReport, name: str, names: Sequence[str]) -> OfAnnotator:
    confusions = tuple(f"calls {names[c.true]} {names[c.given]} ({c.share:.0%})" for c in found.confusions)
    return OfAnnotator(
        name, found.votes, found.accuracy, *found.accuracy_95, confusions, found.history, _ask_again(found, names)
    )


def _ask_again(found: AnnotatorReport, names: Sequence[str]) -> str:
    """Which of somebody's votes to ask for again: those that are no better than a guess, or not what they were."""
    if found.accuracy_95[1] <= 1 / len(names):
        return "all: right no more often than a guess"
    if found.history == "careless_now":
        return f"the latest: {found.recent_agreement:.0%} agree with the others, {found.agreement:.0%} over all"
    labels = list(dict.fromkeys(names[c.given] for c in found.confusions))
    return f"those for {', '.join(labels)}" if labels else ""


def _contested(snapshot: Snapshot, votes: Votes, label_probs_NK: F32) -> tuple[str, ...]:
    risk_N = labeler_risk(label_probs_NK)
    open_N = (votes.per_item_N > 0) & (risk_N > DOUBTED)
    open_N[list(snapshot.decisions)] = False
    rows = np.flatnonzero(open_N)
    return tuple(snapshot.rows[i].item_id for i in rows[np.argsort(-risk_N[rows], kind="stable")][:CONTESTED].tolist())


def _fault(split: Split, names: Sequence[str]) -> str:
    one, other = names[split.one], names[split.other]
    return (
        f"{one} or {other}: {split.items:,} of {split.seen:,} items with a vote for either have votes for both "
        f"({split.sides[0]:,} people said {one}, {split.sides[1]:,} said {other}): "
        "the guideline does not tell them apart."
    )
