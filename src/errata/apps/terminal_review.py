"""errata review --terminal: one card per item, one key per decision; each is stored before the next card is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from rich.console import Console
from rich.text import Text

from errata.agent.actions.reviewing import accepted
from errata.agent.actions.session import Session
from errata.apps.terminal.card import Card, draw
from errata.apps.terminal.guide import show_guide
from errata.apps.terminal.keys import read_key
from errata.apps.terminal.labels import matching, numbered
from errata.apps.terminal.review_session import ReviewSession
from errata.errors import DataError
from errata.tools.visible import one_line
from errata.types import Answer, Answered

__all__ = ["ReadKey", "ReviewSummary", "go_through", "read_key", "review"]

ReadKey = Callable[[], str]

ACCEPT = ("y", "\n", "\r")
QUIT = ("q", "\x04")
ANSWERS: dict[str, Answer] = {"s": "several", "o": "none_of_these", "c": "cannot_tell", "p": "passed_on"}


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """``decided`` in this review, minus what was undone; ``changes`` of them give an item another label. ``left``:
    still open. ``moved``: open but hidden, because their content changed since the run looked at it."""

    decided: int
    changes: int
    left: int
    moved: int


def review(session: Session, console: Console, read_key: ReadKey) -> ReviewSummary:
    """Show the open proposals one by one until none is left or the person quits, by a key, Ctrl-C, or end of input.

    The least trustworthy given label comes first. Every decision is stored before the next key is requested. Raises
    SetupError for a wrong token, and DataError if the data has changed since the run was started.
    """
    reviewing = ReviewSession(session)
    go_through(reviewing, console, read_key)
    summary = ReviewSummary(
        len(reviewing.made), sum(reviewing.made.values()), len(reviewing.open_items()), reviewing.moved
    )
    console.print(Text(_farewell(summary)))
    return summary


class Cards(Protocol):
    """What is gone through card by card: open proposals, or a random check."""

    def next_card(self) -> Card | None: ...
    def decide(self, card: Card, answer: Answer, label: str | None) -> str: ...
    def last_mine(self) -> Sequence[Any]: ...
    def take_back(self, events: Sequence[Any], /) -> str: ...


def go_through(cards: Cards, console: Console, read_key: ReadKey) -> None:
    """Show one card after the other, until none is left or the person quits."""
    with suppress(KeyboardInterrupt, EOFError):
        review = _Review(cards, console, read_key)
        while card := cards.next_card():
            review.one(card)


class _Review:
    """Shows cards and handles keys. ``notice`` is the line on the next card: what the last key did. ``asked``: what a
    second u will take back, when many decisions were made at once."""

    def __init__(self, cards: Cards, console: Console, read_key: ReadKey) -> None:
        self._cards, self._console, self._read_key = cards, console, read_key
        self._notice = ""
        self._asked: Sequence[Any] = ()

    def one(self, card: Card) -> None:
        """Show one card until it is decided, or another one is reopened."""
        while True:
            draw(replace(card, notice=self._notice), self._console)
            key, self._notice = self._read_key(), ""
            asked, self._asked = self._asked, ()
            if key in QUIT:
                raise EOFError
            answered = _answered(key, card)
            if answered is not None and self._decide(card, *answered):
                return
            if key == "u" and self._undo(asked):
                return
            card = card if answered is not None else self._seen_otherwise(key, card)

    def _decide(self, card: Card, answer: Answer, label: str | None) -> bool:
        """Whether it was stored: a proposal may name a label that this data does not have."""
        try:
            self._notice = f"{self._cards.decide(card, answer, label)} u takes it back."
        except DataError as error:
            self._notice = one_line(f"Nothing was decided. {error}")
            return False
        return True

    def _undo(self, asked: Sequence[Any]) -> bool:
        """Whether the last decision was taken back; many at once only if the previous key asked for them."""
        last = self._cards.last_mine()
        if len(last) > 1 and last != asked:
            self._asked = last
            self._notice = f"The last that you decided are {len(last)} items, by rule. u once more takes them all back."
            return False
        if not last:
            self._notice = "There is nothing to take back."
            return False
        self._notice = self._cards.take_back(last)
        return True

    def _seen_otherwise(self, key: str, card: Card) -> Card:
        """The same item again, for every key that decides nothing."""
        if key == " ":
            return replace(card, page=card.page + 1)
        if key == "/":
            return self._with_found_labels(card)
        if key == "?":
            show_guide(card, self._console)
            self._read_key()
        elif key in ACCEPT:
            what = "An ambiguous proposal names no answer" if card.proposal else "A random check proposes nothing"
            self._notice = f"{what} to accept: choose one, or c, or p."
        elif key != "u":
            self._notice = f"{one_line(repr(key), 20)} is no key here; nothing was decided. ? lists the keys."
        return card

    def _with_found_labels(self, card: Card) -> Card:
        part = self._console.input("A part of the label's name: ").strip()
        labels = matching(card.names, part) if part else []
        if not labels:
            self._notice = f"No label holds {one_line(repr(part), 40)}." if part else ""
            return card
        self._notice = f"{len(labels)} hold {one_line(repr(part), 40)}: a digit picks one."
        return replace(card, choices=numbered(labels))


def _answered(key: str, card: Card) -> Answered | None:
    if key in card.choices:
        return "label", card.choices[key]
    if key in ANSWERS:
        return ANSWERS[key], None
    if card.proposal is None:
        return None
    if key == "n":
        return "label", card.item.given_label
    return accepted(card.proposal) if key in ACCEPT else None


def _farewell(summary: ReviewSummary) -> str:
    lines = [f"{summary.decided} decided here, {summary.changes} of them to another label; {summary.left} still open."]
    if summary.moved:
        lines.append(f"{summary.moved} not shown: their content has changed. errata run looks at them again.")
    if summary.left:
        lines.append("Go on with the rest: errata review --terminal")
    if summary.decided:
        lines.append("Next: errata diff, then errata apply")
    return "\n".join(lines)
