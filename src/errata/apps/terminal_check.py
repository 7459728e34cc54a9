"""errata review --check: a random sample shown blind, one card after the other, and what it says in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from errata import words
from errata.agent.actions.checking import ANSWER_CHECK, CHECK_STATE, NEXT_IN_CHECK, RANDOM_CHECK
from errata.agent.actions.deciding import UNDO
from errata.agent.actions.perform import perform
from errata.agent.actions.session import Session
from errata.apps.terminal.card import Card
from errata.apps.terminal.labels import offered
from errata.apps.terminal_review import ReadKey, go_through
from errata.tools.visible import one_line
from errata.types import Answer


@dataclass(frozen=True, slots=True)
class CheckSummary:
    """``answered`` now, minus what was undone. ``left``: what this person has still to look at; ``open``: what nobody
    has settled. ``lines``: what the check has found, in words."""

    check: int
    answered: int
    left: int
    open: int
    lines: list[str]


def check(
    session: Session, size: int, where: str | None, people: int | None, console: Console, read_key: ReadKey
) -> CheckSummary:
    """Draw a random check, or go on with the open one, until nothing is left for this person or they quit. Every answer
    is stored before the next card is shown."""
    state = perform(RANDOM_CHECK, session, size=size, where=where, people=people)
    cards = CheckCards(session, state.check)
    go_through(cards, console, read_key)
    state = perform(CHECK_STATE, session, check=state.check)
    summary = CheckSummary(state.check, len(cards.made), state.left, state.open, state.lines)
    console.print(Text("\n".join([f"{summary.answered} answered here.", *map(one_line, summary.lines)])))
    return summary


class CheckCards:
    """``made``: the events of this sitting that are in effect. ``_used``: labels given here, the last one first."""

    def __init__(self, session: Session, number: int) -> None:
        self._session, self._check = session, number
        self._position = -1
        self._used: list[str] = []
        self.made: list[int] = []

    def next_card(self) -> Card | None:
        shown = perform(NEXT_IN_CHECK, self._session, check=self._check)
        self._position = shown.position
        if shown.item is None:
            return None
        choices = offered(shown.names, lambda: self._used)
        return Card(shown.item, None, choices, shown.names, shown.left, self._session.who, shown.definitions)

    def decide(self, card: Card, answer: Answer, label: str | None) -> str:
        given = {"check": self._check, "position": self._position, "answer": answer, "label": label}
        self.made.append(perform(ANSWER_CHECK, self._session, **given))
        if label is not None:
            self._used = [label, *(used for used in self._used if used != label)]
        return f"{one_line(words.said(answer, label), 40)}."

    def last_mine(self) -> Sequence[int]:
        return self.made[-1:]

    def take_back(self, events: Sequence[int]) -> str:
        perform(UNDO, self._session, events=events)
        self.made.pop()
        return "Taken back: here it is again."
