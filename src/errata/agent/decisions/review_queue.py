"""The open proposals of a run as a person reviews them: which are open, and what each one shows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from errata import words
from errata.agent.decisions.approval import OPEN_OUTCOMES
from errata.agent.decisions.undo import last, standing
from errata.agent.evidence.snapshot import SEVERITY, Snapshot
from errata.agent.run.workspace import Workspace
from errata.errors import DataError
from errata.tools.store.events import Event
from errata.tools.store.store import ItemRow
from errata.types import ITEM, Decision, Item, Place, Proposal, Spot


@dataclass(frozen=True, slots=True)
class OpenItems:
    """``spots``: the item and the place of each open annotation. ``moved``: how many are hidden because their content
    changed since the run looked at it."""

    spots: tuple[Spot, ...]
    moved: int


class ReviewQueue:
    """Proposals are read once; which are open is read before each item, since other people may be deciding too."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        found = workspace.store.proposals(workspace.run.run_id)
        snapshot = Snapshot.of(workspace)
        suspects = set(snapshot.suspects)
        self._proposals: dict[int, Proposal] = {
            i: p for i, p in found.items() if p.outcome in OPEN_OUTCOMES or (p.outcome is None and i in suspects)
        }
        shas = workspace.dataset.content_shas
        rows = [row for row in snapshot.rows if row.idx in self._proposals and not row.protected]
        arrays = workspace.arrays
        self._severity = arrays.load(SEVERITY).tolist() if arrays.has(SEVERITY) else None
        same = [row for row in rows if shas[row.row] == row.content_sha]
        self._rows = {row.spot: row for row in sorted(same, key=self._rank)}
        self._moved = len(rows) - len(same)

    def open_items(self, by: str) -> OpenItems:
        """The least trustworthy given label first; suspects without a proposal come last. An item that one person
        passed on stays open to others."""
        rows = list(self._rows.values())
        decisions = self._workspace.decisions(lambda: rows)
        left = tuple(row.spot for row in rows if _is_open(decisions.get(row.idx), by))
        return OpenItems(left, self._moved)

    def item(self, item_id: str, place: Place | None) -> tuple[Item, Proposal]:
        """Its content and its proposal, with the given label by the name of its class."""
        row = self._row(item_id, place)
        (item,) = self._workspace.each([row.idx])
        given = self._workspace.run.label_space.canonical(item.given_label)
        return replace(item, given_label=given), self._proposals[row.idx]

    def likely_labels(self, item_id: str, place: Place | None) -> list[str]:
        """Labels that the evidence supports, with the given and the proposed ones first."""
        row = self._row(item_id, place)
        labels = Snapshot.of(self._workspace).view.posterior.item(row.idx).labels
        given = self._workspace.run.label_space.canonical(row.given_label)
        first = [given, self._proposals[row.idx].proposed_label]
        ranked = sorted(labels, key=labels.__getitem__, reverse=True)
        return list(dict.fromkeys([name for name in first if name is not None] + ranked))

    def last_decision(self, by: str) -> list[Event]:
        """The last decision by this person that still holds, from this review or an earlier one: one item, or all items
        that one rule decided. Empty if there is none."""
        hold = {decision.event for decision in self._workspace.decisions().values()}
        return last([event for event in standing(self._workspace) if event.seq in hold and event.body["by"] == by])

    def _rank(self, row: ItemRow) -> tuple[bool, float]:
        """Where labels have distances, what is expected to be farthest from the truth comes first."""
        proposal = self._proposals[row.idx]
        bad = -self._severity[row.idx] if self._severity is not None else proposal.quality
        return proposal.outcome is None, bad

    def _row(self, item_id: str, place: Place | None) -> ItemRow:
        row = self._rows.get((item_id, place or ITEM))
        if row is None:
            named = repr(words.spot(item_id, place or ITEM))
            raise DataError(f"Item {named} is not under review: it has no open proposal, or its content changed.")
        return row


def _is_open(decision: Decision | None, by: str) -> bool:
    return decision is None or (decision.answer == "passed_on" and decision.by != by)
