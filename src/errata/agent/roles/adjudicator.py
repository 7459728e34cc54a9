"""The adjudicator turns the evidence on each item into one proposal, with a reason that a person can check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

import numpy as np

from errata.agent.contributions import Features
from errata.agent.evidence.judge_cards import judge_cards
from errata.agent.evidence.view import View
from errata.agent.role import Ask, Role, RoleOutput
from errata.tools.detectors.neighbors.copies import ALONE
from errata.tools.inference.broader import broader
from errata.tools.inference.candidates import ABSENT
from errata.tools.inference.held_back import held_back
from errata.tools.inference.people import People
from errata.tools.judging.registry import protocol_named
from errata.tools.judging.untrusted.instructions import flags
from errata.tools.store.store import ItemRow
from errata.tools.tasks.registry import task_named
from errata.types import Basis, Int, Outcome, Proposal, Verdict

Suspicious = Callable[[str, Sequence[str]], Sequence[str]]

CHANGING = ("relabel", "ambiguous")
NAMED = 5
"""With more copies than this, their labels are counted instead of listed."""


class Adjudicator(Role):
    name, phase, place = "adjudicator", "propose", 10

    def work(self, view: View, ask: Ask) -> Sequence[RoleOutput]:
        """A Proposal for every item, and a card for each judge."""
        return [*propose(view), judge_cards(view)]


def propose(view: View, suspicious: Suspicious = flags) -> list[Proposal]:
    """A proposal for every item. ``suspicious``: finds what in a text reads like an instruction."""
    builder = ProposalBuilder(view, suspicious)
    return [builder.proposal(row, word) for row, word in zip(view.rows, view.outcomes, strict=True)]


class ProposalBuilder:
    """Builds the proposals of one run from all evidence on its items."""

    def __init__(self, view: View, suspicious: Suspicious) -> None:
        scan = view.found
        self._table, self._rows, self._scan = view.posterior, view.rows, scan
        self._verdicts = _by_item(view.verdicts)
        # An answer that says nothing does not count: such an item keeps the scan's outcome.
        self._looked_at = self._as_the_scan_ranks(np.unique(view.believed.items_M))
        self._held_back = _held_back(view, suspicious)
        # On features that only show how images look, a scan can rank items, but not reliably propose labels.
        features = view.contributions.find(Features)
        looks_only = features is not None and features.strength == "plain" and view.content.modality == "image"
        self._scan_may_propose = not looks_only
        self._scan_says = task_named(view.space.task).says
        # As lists, since looking up single items in an array is slow.
        self._given_holds: list[float] = self._table.given_holds_N.tolist()
        self._challengers, self._best_other_N = self._table.challengers, self._table.best_other_N
        changing = [row.idx for row, outcome in zip(view.rows, view.outcomes, strict=True) if outcome in CHANGING]
        self._broader = broader(self._table, np.array(changing, np.int64))
        self._groups: list[int] = [ALONE] * len(view.rows) if scan.copies_N is None else scan.copies_N.tolist()

    def proposal(self, row: ItemRow, outcome: Outcome | None) -> Proposal:
        if row.problem is not None or row.given_label is None:
            why = row.problem or "no given label"
            return Proposal(row.idx, None, None, 0.0, float("nan"), why, place=row.place)
        holds, label = self._given_holds[row.idx], self._challengers[row.idx]
        if row.idx not in self._looked_at:
            outcome = outcome if self._scan_may_propose or self._is_voted_on(row.idx) else None
        elif row.idx in self._held_back:
            outcome = "ambiguous"
        if outcome is None and row.idx not in self._verdicts and row.suspicion is None:
            return Proposal(row.idx, outcome, label, holds, holds, "", place=row.place)
        confidence, basis = self._confidence(row.idx, outcome), self._basis(row.idx, outcome)
        because, evidence = self._because(row, label)
        return Proposal(row.idx, outcome, label, confidence, holds, because, evidence, row.place, basis)

    def _basis(self, idx: int, outcome: Outcome | None) -> Basis:
        """What the outcome rests on. The scan cannot follow an instruction in an item, so its agreement is independent
        evidence."""
        if idx not in self._looked_at:
            return "scan"
        kept, changed = self._looked_at[idx]
        agrees = kept if outcome == "keep" else changed and outcome in ("relabel", "ambiguous")
        return "scan and judge" if agrees else "judge alone"

    def _as_the_scan_ranks(self, rows: Int) -> dict[int, tuple[bool, bool]]:
        """idx -> whether the scan alone ranks the given label first, and whether it ranks the likeliest other one above
        it."""
        table = self._table
        ranks_nC = self._scan.log_probs(rows, table.cand_NC[rows])
        given_n, other_n = ranks_nC[:, 0], ranks_nC[np.arange(len(rows)), table.best_other_N[rows]]
        agrees = zip((given_n >= ranks_nC.max(axis=1)).tolist(), (other_n > given_n).tolist(), strict=True)
        return dict(zip(rows.tolist(), agrees, strict=True))

    def _confidence(self, idx: int, outcome: Outcome | None) -> float:
        """The probability of what is proposed; of the given label if the proposal is to keep it, or nothing is
        proposed."""
        probs_S = self._table.probs_NS[idx]
        if outcome in ("relabel", "ambiguous"):
            return float(probs_S[self._best_other_N[idx]]) if self._challengers[idx] is not None else 0.0
        if outcome in ("several", "none_of_these"):
            return float(probs_S[-2 if outcome == "several" else -1])
        return self._given_holds[idx]

    def _because(self, row: ItemRow, label: str | None) -> tuple[str, tuple[str, ...]]:
        space = self._table.space
        given = space.canonical(row.given_label)
        said = [f"held back: {self._held_back[row.idx]}"] if row.idx in self._held_back else []
        evidence: list[str] = []
        if self._scan.people is not None and self._is_voted_on(row.idx):
            said.append(_votes_in_words(self._scan.people, row.idx, space.names))
            evidence.append("votes")
        for verdict in self._verdicts.get(row.idx, ()):
            said.append(protocol_named(verdict.protocol).in_words(verdict, given))
            evidence.append(f"verdict:{verdict.judge}:{verdict.protocol}")
        copies = self._copies_of(row)
        if copies:
            labels = [str(space.canonical(other.given_label)) for other in copies]
            said.append(_copies_in_words(labels))
            evidence += [f"copy:{other.item_id}" for other in copies]
        neighbors = self._neighbor_rows(row)
        if neighbors:
            votes = Counter(space.canonical(other.given_label) for other in neighbors)
            named = label if votes[label] >= votes[given] else given
            said.append(f"{votes[named]} of {len(neighbors)} neighbors are labeled {named}")
            evidence += [f"neighbor:{other.item_id}" for other in neighbors]
        best = int(np.argmax(self._scan.probs_NK[row.idx]))
        said.append(f"{self._scan_says} {space.names[best]} ({self._scan.probs_NK[row.idx, best]:.2f})")
        if row.idx in self._broader:
            parent, share = self._broader[row.idx]
            said.append(f"whichever label holds, it is almost surely under {parent} ({share:.2f})")
        return "; ".join(said), (*evidence, "detector:confident_learning")

    def _is_voted_on(self, idx: int) -> bool:
        people = self._scan.people
        return people is not None and bool(people.counts_NK[idx].any())

    def _copies_of(self, row: ItemRow) -> list[ItemRow]:
        group = self._group_of(row.idx)
        return [] if group is None else [self._rows[j] for j in self._members[group] if j != row.idx]

    def _neighbor_rows(self, row: ItemRow) -> list[ItemRow]:
        """The item's neighbors, without its own copies, and with only the nearest of each group of copies."""
        if self._scan.neighbors_Nk is None:
            return []
        seen, found = {self._group_of(row.idx)} - {None}, []
        for j in self._scan.neighbors_Nk[row.idx]:
            group = None if j == ABSENT else self._group_of(j)
            if j != ABSENT and group not in seen:
                found.append(self._rows[j])
                seen |= {group} - {None}
        return found

    def _group_of(self, idx: int) -> int | None:
        """The group of the item's copies; None if it has none."""
        return None if self._groups[idx] == ALONE else self._groups[idx]

    @cached_property
    def _members(self) -> dict[int, list[int]]:
        """Group of copies -> its items."""
        found: dict[int, list[int]] = {}
        for idx, group in enumerate(self._groups):
            if group != ALONE:
                found.setdefault(group, []).append(idx)
        return found


def _votes_in_words(people: People, idx: int, names: Sequence[str]) -> str:
    """How many votes each label has, and which they speak for once each counts by how reliable its annotator is."""
    counts_K, probs_K = people.counts_NK[idx], people.probs_NK[idx]
    order = [k for k in np.argsort(-counts_K, kind="stable")[:NAMED].tolist() if counts_K[k]]
    cast = ", ".join(f"{int(counts_K[k])} for {names[k]}" for k in order)
    best = int(probs_K.argmax())
    weighed = f"weighed by reliability they speak for {names[best]} ({probs_K[best]:.2f})"
    return f"{int(counts_K.sum())} votes: {cast}; {weighed}"


def _copies_in_words(labels: Sequence[str]) -> str:
    shown = (
        ", ".join(labels) if len(labels) <= NAMED else ", ".join(f"{n} {name}" for name, n in Counter(labels).items())
    )
    return f"{len(labels)} near {'copy' if len(labels) == 1 else 'copies'} of it in the data, labeled {shown}"


def _held_back(view: View, suspicious: Suspicious) -> dict[int, str]:
    """idx -> why no rule may accept what the judges said about the item, so that a person must look at it."""
    control_items = {item.idx for item in view.control_items}
    said = _by_item(view.verdicts)
    controls = _by_item(control for control in view.control_verdicts if control.idx not in control_items)
    looked_at = sorted({*said, *controls})
    reasons = {idx: held_back(said.get(idx, ()), controls.get(idx, ())) for idx in looked_at}
    for idx, text in zip(looked_at, view.content.texts(looked_at), strict=True):
        flagged = suspicious(text, view.space.names) if text is not None else ()
        if flagged:
            reasons[idx] = f"its text reads like an instruction ({flagged[0]})"
    return {idx: reason for idx, reason in reasons.items() if reason}


def _by_item(verdicts: Iterable[Verdict]) -> dict[int, list[Verdict]]:
    found: dict[int, list[Verdict]] = {}
    for verdict in verdicts:
        found.setdefault(verdict.idx, []).append(verdict)
    return found


ROLE = Adjudicator()
