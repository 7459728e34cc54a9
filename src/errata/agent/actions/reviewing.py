"""Review items one by one: list the open ones, show one, and find what this person decided last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from errata.agent.actions.action import Action, NoInputs, OneItem
from errata.agent.actions.session import Session
from errata.agent.decisions.approval import accepted
from errata.agent.decisions.review_queue import OpenItems
from errata.agent.decisions.undo import spot_of
from errata.agent.views.results import proposed
from errata.errors import DataError, SetupError, StoreError
from errata.tools.store.events import Event
from errata.types import Item, Proposal

__all__ = [
    "LAST_DECISION",
    "LIKELY_LABELS",
    "OPEN_ITEMS",
    "REVIEW",
    "REVIEW_ITEM",
    "Event",
    "OpenItems",
    "ReviewItem",
    "accepted",
    "proposed",
    "spot_of",
]


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One item as shown to the person who decides. ``names`` are all labels; ``definitions`` cover those that have
    one."""

    item: Item
    proposal: Proposal
    names: tuple[str, ...]
    definitions: Mapping[str, str]


def _review(session: Session, given: NoInputs) -> OpenItems:
    session.__dict__.pop("review_queue", None)
    return session.review_queue.open_items(session.by.name)


def _open_items(session: Session, _: NoInputs) -> OpenItems:
    return session.review_queue.open_items(session.who)


def _review_item(session: Session, given: OneItem) -> ReviewItem:
    space = session.run.run.label_space
    item, proposal = session.review_queue.item(given.item_id, given.place)
    return ReviewItem(item, proposal, space.names, space.definitions)


def _likely_labels(session: Session, given: OneItem) -> list[str]:
    return session.review_queue.likely_labels(given.item_id, given.place)


def _last_decision(session: Session, _: NoInputs) -> list[Event]:
    return session.review_queue.last_decision(session.who)


REVIEW = Action(
    "review",
    "Begin to decide item by item: gather the current open proposals of the run, the least trustworthy label first. "
    "Each decision is recorded by decide.",
    "decide",  # records nothing itself, but tells a person who may not decide before the first item is shown
    NoInputs,
    OpenItems,
    (SetupError, DataError, StoreError),
    _review,
)
OPEN_ITEMS = Action(
    "open_items",
    "Which of the items under review are still open to this person, the least trustworthy label first. Others may "
    "decide meanwhile.",
    "read",
    NoInputs,
    OpenItems,
    (SetupError, DataError, StoreError),
    _open_items,
)
REVIEW_ITEM = Action(
    "review_item",
    "One item under review: its content, its given label, what is proposed and why, and which labels there are.",
    "read",
    OneItem,
    ReviewItem,
    (SetupError, DataError, StoreError),
    _review_item,
)
LIKELY_LABELS = Action(
    "likely_labels",
    "The labels that the evidence speaks for on one item under review: the given one and the proposed one first, then "
    "by probability.",
    "read",
    OneItem,
    list[str],
    (SetupError, DataError, StoreError),
    _likely_labels,
)
LAST_DECISION = Action(
    "last_decision",
    "The last thing that this person decided and that holds: one item, or all items that one rule decided. "
    "Nothing where there is none.",
    "read",
    NoInputs,
    list[Event],
    (SetupError, StoreError),
    _last_decision,
)
