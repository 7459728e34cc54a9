"""One person's review of a run: which items are open, the next card, decisions made and taken back."""

from __future__ import annotations

from collections.abc import Sequence

from errata import words
from errata.agent.actions.deciding import DECIDE, UNDO
from errata.agent.actions.perform import perform
from errata.agent.actions.reviewing import (
    LAST_DECISION,
    LIKELY_LABELS,
    OPEN_ITEMS,
    REVIEW,
    REVIEW_ITEM,
    Event,
    spot_of,
)
from errata.agent.actions.session import Session
from errata.apps.terminal.card import Card
from errata.apps.terminal.labels import offered
from errata.tools.visible import one_line
from errata.types import Answer, Spot


class ReviewSession:
    """What is open is read before each card, since other people may be deciding too.

    ``made``: the events of this review that are in effect -> whether they give the item another label. ``moved``: how
    many open items are hidden because their content changed since the run looked at it. Raises SetupError for a person
    who may not decide here, and DataError if the data has changed since the run was started.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.moved = perform(REVIEW, session).moved
        self._reopened: Spot | None = None
        self.made: dict[int, bool] = {}

    def next_card(self) -> Card | None:
        """The card of the first open item; None if none is left."""
        items = self.open_items()
        return self.card(items[0], len(items)) if items else None

    def open_items(self) -> list[Spot]:
        """The least trustworthy given label first; before it only the one whose decision was just taken back."""
        return sorted(perform(OPEN_ITEMS, self._session).spots, key=lambda spot: spot != self._reopened)

    def card(self, spot: Spot, left: int) -> Card:
        which = {"item_id": spot[0], "place": spot[1]}
        shown = perform(REVIEW_ITEM, self._session, **which)
        return Card(
            item=shown.item,
            proposal=shown.proposal,
            choices=offered(shown.names, lambda: perform(LIKELY_LABELS, self._session, **which)),
            names=shown.names,
            left=left,
            by=self._session.who,
            definitions=shown.definitions,
        )

    def decide(self, card: Card, answer: Answer, label: str | None) -> str:
        """Record it, and say what was recorded."""
        item = card.item
        which = {"item_id": item.item_id, "place": item.place}
        event = perform(DECIDE, self._session, **which, answer=answer, label=label)
        self.made[event] = answer == "label" and label != item.given_label
        self._reopened = None
        said = one_line(words.decided(answer, label, item.given_label))
        return f"Item {one_line(words.spot(item.item_id, item.place), 40)}: {said}."

    def last_mine(self) -> list[Event]:
        """The last decision by this person that still holds: one item, or all items that one rule decided."""
        return perform(LAST_DECISION, self._session)

    def take_back(self, events: Sequence[Event]) -> str:
        """The first of their items that is open again is shown next. Says what was taken back."""
        perform(UNDO, self._session, events=[event.seq for event in events])
        spots = set(map(spot_of, events))
        for event in events:
            self.made.pop(event.seq, None)
        self._reopened = next((spot for spot in self.open_items() if spot in spots), None)
        return _taken_back(events)


def _taken_back(events: Sequence[Event]) -> str:
    by_rule = " by rule" * (events[0].body["looked"] == "rule")
    if len(events) > 1:
        return f"Taken back: {len(events)} items were decided{by_rule}, and are open again."
    body = events[0].body
    was = one_line(words.decided(body["answer"], body["label"], body["given_label"]))
    return f"Taken back: item {one_line(words.spot(*spot_of(events[0])), 40)}, {was}{by_rule}."
