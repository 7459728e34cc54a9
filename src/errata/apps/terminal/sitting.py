"""One person at one run: which items are open, the next one's card, decisions made and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from errata.agent.decisions.approval import OPEN_OUTCOMES, Person, decide
from errata.agent.decisions.undo import last, standing, take
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.workspace import Workspace
from errata.apps.terminal.card import Card
from errata.apps.terminal.labels import offered
from errata.tools.inference.posterior import Posteriors
from errata.tools.store.events import Event
from errata.tools.store.store import ItemRow
from errata.types import Answer, Decision, Proposal


class Sitting:
    """What is open is read from the store before each card: others may decide meanwhile.

    ``made``: the events of this sitting that stand -> whether they give the item another label. ``moved``: how many
    open items are not shown, because their content is no longer what the run looked at.
    """

    def __init__(self, workspace: Workspace, person: Person) -> None:
        self._workspace, self._person = workspace, person
        found = workspace.store.proposals(workspace.run.run_id)
        self._proposals: dict[int, Proposal] = {i: p for i, p in found.items() if p.outcome in OPEN_OUTCOMES}
        shas = workspace.dataset.content_shas
        rows = [row for row in workspace.rows() if row.idx in self._proposals and not row.protected]
        same = [row for row in rows if shas[row.idx] == row.content_sha]
        self._rows = sorted(same, key=lambda row: self._proposals[row.idx].quality)
        self._reopened: int | None = None
        self.moved = len(rows) - len(same)
        self.made: dict[int, bool] = {}

    def open_rows(self) -> list[ItemRow]:
        """The least trustworthy given label first; before it only the item whose decision was just taken back."""
        decisions = self._workspace.decisions(self._rows)
        rows = [row for row in self._rows if self._is_open(decisions.get(row.idx))]
        return sorted(rows, key=lambda row: row.idx != self._reopened)

    def _is_open(self, decision: Decision | None) -> bool:
        """What one person passed on is open to the others."""
        return decision is None or (decision.answer == "passed_on" and decision.by != self._person.name)

    def card(self, row: ItemRow, left: int) -> Card:
        space = self._workspace.run.label_space
        item = self._workspace.dataset.items([row.idx])[0]
        return Card(
            item=replace(item, given_label=space.canonical(item.given_label)),
            proposal=self._proposals[row.idx],
            choices=offered(space.names, lambda: self._likely(row)),
            names=space.names,
            left=left,
            by=self._person.name,
            definitions=space.definitions,
        )

    def decide(self, item_id: str, given: str | None, answer: Answer, label: str | None) -> None:
        event = decide(self._workspace, self._person, item_id, answer, label, seeing="proposal", looked="item")
        self.made[event] = answer == "label" and label != given
        self._reopened = None

    def last_mine(self) -> list[Event]:
        """The last thing that this person decided and that holds, now or in an earlier sitting: one item, or all that
        one rule decided. Nothing where there is none."""
        hold = {decision.event for decision in self._workspace.decisions().values()}
        mine = [e for e in standing(self._workspace) if e.seq in hold and e.body["by"] == self._person.name]
        return last(mine)

    def take_back(self, events: Sequence[Event]) -> None:
        """The first of their items that is open again is the next to be shown."""
        take(self._workspace, self._person, events)
        ids = {event.body["item_id"] for event in events}
        for event in events:
            self.made.pop(event.seq, None)
        self._reopened = next((row.idx for row in self._rows if row.item_id in ids), None)

    def _likely(self, row: ItemRow) -> list[str]:
        """Labels that the evidence speaks for, the given one and the proposed one first."""
        labels = self._posteriors.item(row.idx).labels
        given = self._workspace.run.label_space.canonical(row.given_label)
        first = [given, self._proposals[row.idx].proposed_label]
        ranked = sorted(labels, key=labels.__getitem__, reverse=True)
        return list(dict.fromkeys([name for name in first if name is not None] + ranked))

    @cached_property
    def _posteriors(self) -> Posteriors:
        return Snapshot.of(self._workspace).view.posterior
