"""The meaning of each key, and of the labels on the card."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from errata import words
from errata.apps.terminal.card import Card
from errata.tools.visible import one_line

OF_PROPOSALS = """\
y, Enter   accept what is proposed
n          keep the given label
"""
KEYS = f"""\
a digit    this label
/          find another label by a part of its name
s          {words.answer("several")}
o          {words.answer("none_of_these")}
c          {words.answer("cannot_tell")}
p          pass on: leave it to another person
space      turn the page of a long text
u          undo the last decision
q, Ctrl-C  quit; everything decided is kept"""


def show_guide(card: Card, console: Console) -> None:
    """Clear the screen and print the keys, then the definitions of the labels offered, if they have any."""
    console.clear()
    console.print(Text(("" if card.proposal is None else OF_PROPOSALS) + KEYS))
    for label in card.choices.values():
        if label in card.definitions:
            console.print(Text.assemble("\n", (one_line(label), "bold"), "\n", one_line(card.definitions[label])))
    console.print(Text("\nAny key goes back.", "dim"))
